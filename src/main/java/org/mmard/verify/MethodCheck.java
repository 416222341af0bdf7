package org.mmard.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.Npy;
import org.mmard.method.Method;
import org.mmard.step.DistillationStep;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One outer loss on the attack's stored last image, from the student's stored state: the loss, every parameter's gradient, and the running
 * statistics afterwards. What an attack with batch norm in train mode does to the running statistics is no part of that.
 *
 * <p>The loss is compared to 2e-5 of itself, or of 1; a gradient to 5e-5 of the tensor's largest entry, with SAAD's outer loss, whose
 * weights magnify small differences of entropies, to 1e-3; running statistics to 2e-6, or eight units in the last place of the float
 * nearest the largest.
 */
final class MethodCheck implements Check {
    private static final double LOSS = 2e-5;
    private static final double GRADIENT = 5e-5;
    private static final double SAAD_GRADIENT = 1e-3;
    private static final double STATISTICS = 2e-6;
    private static final double UNITS = 8;

    private final Batch batch;
    private final String name;
    private final Method method;
    private final Settings.Attack attack;
    private final double gradientTolerance;
    private final Npy adversarial;
    private final double loss;
    /** Gradients and statistics by DL4J's name, in the shape of the parameter. */
    private final Map<String, INDArray> expected = new LinkedHashMap<>();

    MethodCheck(Fixture fixture, Batch batch, Manifest.Entry entry, Method method, Settings.Attack attack) {
        this.batch = batch;
        name = entry.name();
        this.method = method;
        this.attack = attack;
        gradientTolerance = entry.outer().equals("saad") ? SAAD_GRADIENT : GRADIENT;
        adversarial = fixture.array(entry.attack() + ".x" + fixture.manifest().steps(), batch.shape());
        loss = fixture.array(name + ".loss", 1).values()[0];
        batch.student.graph().paramTable().forEach((parameter, view) -> expected.put(parameter, FixtureNetwork.array(
                fixture, name + (TorchNetwork.isRunningStatistic(parameter) ? ".after." : ".grad.") + FixtureNetwork.torchName(parameter),
                view)));
    }

    @Override
    public List<Comparison> carryOut() {
        double ofLoss = 0;
        Worst ofGradient = new Worst();
        Worst ofStatistics = new Worst();
        for (CompilePasses program : PROGRAMS) {
            ComputationGraph student = batch.student.graph();
            try (PointerScope scope = new PointerScope();
                    DistillationStep step = new DistillationStep(
                            student, Batch.frozen(batch.teacher.graph(), program), epoch -> method, attack, program)) {
                double found = step.outerLoss(batch.natural(), LibTorch.images(Fixture.SHAPE, adversarial.floats()), batch.labels).loss();
                ofLoss = Math.max(ofLoss, Math.abs(found - loss) / Math.max(1, Math.abs(loss)));
            }
            student.paramTable().forEach((parameter, view) -> {
                INDArray stored = Objects.requireNonNull(expected.get(parameter), parameter);
                if (TorchNetwork.isRunningStatistic(parameter)) {
                    ofStatistics.see(parameter, difference(stored, view), Math.max(STATISTICS, UNITS * Math.ulp((float) largest(stored))));
                } else {
                    double scale = largest(stored);
                    double difference = difference(stored, gradient(student, view));
                    ofGradient.see(parameter, scale == 0 ? difference : difference / scale, gradientTolerance);
                }
            });
        }
        return List.of(
                new Comparison(name, "loss", ofLoss, LOSS), ofGradient.comparison(name, "gradient"),
                ofStatistics.comparison(name, "running statistics"));
    }

    /** Where a parameter's gradient lies in the gradient vector. */
    private static INDArray gradient(ComputationGraph student, INDArray view) {
        long from = view.offset() - student.params().offset();
        INDArray flat = student.getGradientsViewArray();
        return flat.reshape(flat.length()).get(NDArrayIndex.interval(from, from + view.length())).dup().reshape(view.ordering(),
                view.shape());
    }

    private static double difference(INDArray expected, INDArray found) {
        return Comparison.largestDifference(doubles(expected), doubles(found));
    }

    private static double largest(INDArray values) {
        return Comparison.largest(doubles(values));
    }

    private static double[] doubles(INDArray values) {
        return values.dup('c').reshape(values.length()).toDoubleVector();
    }

    /** The parameter that uses most of its tolerance. */
    private static final class Worst {
        private @Nullable String parameter;
        private double deviation;
        private double tolerance;

        void see(String which, double itsDeviation, double itsTolerance) {
            // A deviation that is not a number is worse than any, and Double.compare takes it so.
            if (parameter == null || Double.compare(itsDeviation / itsTolerance, deviation / tolerance) > 0) {
                parameter = FixtureNetwork.torchName(which);
                deviation = itsDeviation;
                tolerance = itsTolerance;
            }
        }

        Comparison comparison(String subject, String quantity) {
            return new Comparison(subject, quantity + ", worst " + parameter, deviation, tolerance);
        }
    }
}
