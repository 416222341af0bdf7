package org.mmard.attack;

import java.io.Serializable;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * Projected gradient ascent in the L-infinity ball (Madry et al., arXiv 1706.06083), on any inner objective J:
 * x'_{k+1} = clip_[0,1](clip_[x-eps, x+eps](x'_k + step * sign(dJ/dx'_k))), sign(0) = 0. Where J has a gradient through the teacher's
 * prediction T(x') too, both networks' input gradients are added.
 *
 * @param objective J; reads S(x') and perhaps T(x'), and any prediction on x as a constant
 * @param epsilon radius, in [0, 1] image units
 * @param stepSize in the same unit
 * @param steps how many
 */
public record Pgd(Objective objective, double epsilon, double stepSize, int steps) implements Serializable {
    public Pgd {
        if (!(epsilon >= 0 && epsilon <= 1) || !(stepSize > 0) || steps < 1) {
            throw new IllegalArgumentException("epsilon " + epsilon + ", step size " + stepSize + ", " + steps + " steps");
        }
    }

    /**
     * @param student S
     * @param teacher T, or null where the objective does not read T(x')
     * @param natural x, shape [examples, 3, 32, 32]
     * @param constants labels, and the predictions on x that the objective reads
     * @param start x'_0, not necessarily inside [0, 1]
     * @return x', a tensor of the current scope
     */
    public Tensor perturb(Classifier student, Classifier teacher, Tensor natural, Predictions constants, Tensor start) {
        Tensor adversarial = start.clone();
        try (PointerScope ball = new PointerScope()) {
            // Clipping to the ball and then to [0, 1] is one clamp, as x itself lies in [0, 1].
            TensorOptional lower = new TensorOptional(natural.sub(new Scalar(epsilon)).clamp_(new ScalarOptional(new Scalar(0.0))));
            TensorOptional upper = new TensorOptional(
                    natural.add(new Scalar(epsilon)).clamp_(new ScalarOptional(), new ScalarOptional(new Scalar(1.0))));
            Scalar step = new Scalar(stepSize);
            for (int k = 0; k < steps; k++) {
                try (PointerScope scope = new PointerScope()) {
                    adversarial.add_(gradient(student, teacher, adversarial, constants).sign_(), step);
                    adversarial.clamp_(lower, upper);
                }
            }
        }
        return adversarial;
    }

    /** dJ/dx' at x', a tensor of the current scope. */
    public Tensor gradient(Classifier student, Classifier teacher, Tensor adversarial, Predictions constants) {
        Predictions predictions = constants.copy();
        Set<Prediction> differentiated = objective.differentiates();
        Classifier.Pass ofStudent = differentiated.contains(Prediction.STUDENT_ADVERSARIAL) ? student.forward(adversarial) : null;
        Classifier.Pass ofTeacher = differentiated.contains(Prediction.TEACHER_ADVERSARIAL) ? teacher.forward(adversarial) : null;
        if (objective.reads().contains(Prediction.STUDENT_ADVERSARIAL)) {
            predictions.with(Prediction.STUDENT_ADVERSARIAL, ofStudent != null ? ofStudent.logits() : student.logits(adversarial));
        }
        if (objective.reads().contains(Prediction.TEACHER_ADVERSARIAL)) {
            predictions.with(Prediction.TEACHER_ADVERSARIAL, ofTeacher != null ? ofTeacher.logits() : teacher.logits(adversarial));
        }
        var gradients = objective.evaluate(predictions).gradients();
        Tensor sum = null;
        if (ofStudent != null) {
            sum = ofStudent.inputGradient(gradients.get(Prediction.STUDENT_ADVERSARIAL));
        }
        if (ofTeacher != null) {
            Tensor throughTeacher = ofTeacher.inputGradient(gradients.get(Prediction.TEACHER_ADVERSARIAL));
            sum = sum == null ? throughTeacher : sum.add(throughTeacher);
        }
        return sum;
    }
}
