package org.mmard.attack;

import java.io.Serializable;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.engine.Classifier;
import org.mmard.engine.Device;
import org.mmard.engine.Logits;
import org.mmard.engine.Profile;
import org.mmard.loss.DevicePredictions;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * Projected gradient ascent in the L-infinity ball (Madry et al., arXiv 1706.06083), on any inner objective J:
 * x'_{k+1} = clip_[0,1](clip_[x-eps, x+eps](x'_k + step * sign(dJ/dx'_k))), sign(0) = 0. Where J has a gradient through a
 * teacher's prediction at x' too, the networks' input gradients are added.
 *
 * @param objective J; reads predictions at x', and any prediction on x as a constant
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
     * @param networks who makes each prediction at x' that the objective reads
     * @param natural x, shape [examples, channels, height, width]
     * @param constants labels, and the predictions on x that the objective reads
     * @param start x'_0, not necessarily inside [0, 1]
     * @return x', a tensor of the current scope
     */
    public Tensor perturb(Map<Prediction, Classifier> networks, Tensor natural, Predictions constants, Tensor start) {
        Tensor adversarial = start.clone();
        try (PointerScope attack = new PointerScope()) {
            Ball ball = Ball.around(natural, epsilon);
            Climb climb = climb(networks, constants);
            Scalar step = new Scalar(stepSize);
            for (int k = 0; k < steps; k++) {
                try (PointerScope scope = new PointerScope()) {
                    Tensor gradient = climb.gradient(adversarial);
                    Profile.run(Profile.Part.IMAGES, () -> {
                        adversarial.add_(gradient.sign_(), step);
                        ball.project(adversarial);
                    });
                }
            }
        }
        return adversarial;
    }

    /**
     * dJ/dx' at x', a tensor of the current scope. J is a batch mean: the gradient of its sum is so many times larger as there are
     * examples.
     */
    public Tensor gradient(Map<Prediction, Classifier> networks, Tensor adversarial, Predictions constants) {
        return climb(networks, constants).gradient(adversarial);
    }

    /** dJ/dx', step after step, with the same constants. */
    @FunctionalInterface
    interface Climb {
        Tensor gradient(Tensor adversarial);
    }

    /** Where a device runs ahead of the host, it goes on doing so through the whole attack. */
    private Climb climb(Map<Prediction, Classifier> networks, Predictions constants) {
        return Device.current().runsAhead() && objective.runsOnDevice() ? onDevice(networks, constants) : onHost(networks, constants);
    }

    /** By LibTorch's losses. */
    Climb onDevice(Map<Prediction, Classifier> networks, Predictions constants) {
        DevicePredictions known = DevicePredictions.of(constants);
        return adversarial -> {
            DevicePredictions predictions = known.copy();
            Map<Prediction, Classifier.Pass> passes = new EnumMap<>(Prediction.class);
            for (Prediction which : objective.reads()) {
                if (objective.differentiates().contains(which)) {
                    Classifier.Pass pass = of(networks, which).forward(adversarial);
                    passes.put(which, pass);
                    predictions.with(which, pass.output());
                } else if (which.ofAdversarial()) {
                    predictions.with(which, of(networks, which).output(adversarial));
                }
            }
            Map<Prediction, Tensor> gradients = Profile.time(Profile.Part.LOSS, () -> objective.gradients(predictions));
            return sum(passes, (which, pass) -> pass.inputGradient(of(gradients, which)));
        };
    }

    /** By the host's losses, in doubles. */
    Climb onHost(Map<Prediction, Classifier> networks, Predictions constants) {
        return adversarial -> onHost(networks, adversarial, constants);
    }

    private Tensor onHost(Map<Prediction, Classifier> networks, Tensor adversarial, Predictions constants) {
        Predictions predictions = constants.copy();
        Map<Prediction, Classifier.Pass> passes = new EnumMap<>(Prediction.class);
        for (Prediction which : objective.reads()) {
            if (objective.differentiates().contains(which)) {
                Classifier.Pass pass = of(networks, which).forward(adversarial);
                passes.put(which, pass);
                predictions.with(which, pass.logits());
            } else if (which.ofAdversarial()) {
                predictions.with(which, of(networks, which).logits(adversarial));
            }
        }
        Map<Prediction, Logits> gradients = Profile.time(Profile.Part.LOSS, () -> objective.evaluate(predictions).gradients());
        return sum(passes, (which, pass) -> pass.inputGradient(of(gradients, which)));
    }

    private static <T> T of(Map<Prediction, T> those, Prediction which) {
        T found = those.get(which);
        if (found == null) {
            throw new IllegalStateException("the objective reads " + which.symbol() + ", which nobody answers");
        }
        return found;
    }

    private static Tensor sum(Map<Prediction, Classifier.Pass> passes, BiFunction<Prediction, Classifier.Pass, Tensor> gradient) {
        @Nullable
        Tensor sum = null;
        for (Map.Entry<Prediction, Classifier.Pass> pass : passes.entrySet()) {
            Tensor part = gradient.apply(pass.getKey(), pass.getValue());
            sum = sum == null ? part : sum.add(part);
        }
        return Objects.requireNonNull(sum, "an objective differentiates something at x'");
    }
}
