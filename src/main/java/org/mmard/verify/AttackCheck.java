package org.mmard.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.attack.Starts;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.files.Npy;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.step.DistillationStep;

/**
 * One attack: its start, the input gradient (sum over the batch) at the start and at the last image but one, and one step from each of the
 * two.
 *
 * <p>Gradients are compared to 1e-6, or sixteen units in the last place of the float nearest the largest entry where that is more: above 1
 * floats are not fine enough for 1e-6. Where a gradient is within its tolerance of 0 its sign is a matter of rounding, and the step there
 * is left out.
 */
final class AttackCheck implements Check {
    private static final double GRADIENT = 1e-6;
    private static final double UNITS = 16;
    private static final double IMAGE = 1e-6;

    private final Batch batch;
    private final Vocabulary.Climb climb;
    private final int steps;
    private final Map<String, Npy> arrays = new LinkedHashMap<>();

    AttackCheck(Fixture fixture, Batch batch, Vocabulary.Climb climb) {
        this.batch = batch;
        this.climb = climb;
        steps = fixture.manifest().steps();
        for (int k : stepsChecked()) {
            for (String name : new String[] {image(k), "g" + k, image(k + 1)}) {
                arrays.put(name, fixture.array(climb.prefix() + "." + name, batch.shape()));
            }
        }
    }

    private Npy array(String name) {
        return Objects.requireNonNull(arrays.get(name), name);
    }

    private int[] stepsChecked() {
        return steps == 1 ? new int[] {0} : new int[] {0, steps - 1};
    }

    /** Name of the image after k steps. */
    private static String image(int k) {
        return k == 0 ? "start" : "x" + k;
    }

    @Override
    public List<Comparison> carryOut() {
        List<Comparison> comparisons = new ArrayList<>();
        try (PointerScope scope = new PointerScope()) {
            Tensor natural = batch.natural();
            Npy noise = batch.noise(climb.noise());
            if (noise != null) {
                Tensor start = Starts.of(climb.attack()).at(natural, LibTorch.images(Fixture.SHAPE, noise.floats()));
                comparisons.add(new Comparison(climb.prefix(), "start",
                        Comparison.largestDifference(array("start").values(), values(start)), IMAGE));
            }
            for (int k : stepsChecked()) {
                comparisons.addAll(step(natural, k));
            }
        }
        return comparisons;
    }

    private List<Comparison> step(Tensor natural, int k) {
        double[] gradient = array("g" + k).values();
        double tolerance = Math.max(GRADIENT, UNITS * Math.ulp((float) Comparison.largest(gradient)));
        double[] next = array(image(k + 1)).values();
        Method method = Methods.of(climb.method(), TrainingProgress.end(1));
        double ofGradient = 0;
        double ofImage = 0;
        for (CompilePasses program : PROGRAMS) {
            try (DistillationStep step = new DistillationStep(
                    batch.student.graph(), Batch.frozen(batch.teacher.graph(), program), epoch -> method, climb.attack(), program)) {
                Tensor from = LibTorch.images(Fixture.SHAPE, array(image(k)).floats());
                double[] found = values(step.attackGradient(natural, from, batch.labels));
                for (int i = 0; i < found.length; i++) {
                    found[i] *= batch.labels.length;
                }
                ofGradient = Math.max(ofGradient, Comparison.largestDifference(gradient, found));
                double[] stepped = values(step.adversarial(natural, from, batch.labels));
                ofImage = Math.max(ofImage, whereSteep(gradient, tolerance, next, stepped));
            }
        }
        return List.of(new Comparison(climb.prefix(), "g" + k, ofGradient, tolerance),
                new Comparison(climb.prefix(), image(k + 1), ofImage, IMAGE));
    }

    /** The largest difference where the gradient's sign is sure; NaN where it nowhere is. */
    private static double whereSteep(double[] gradient, double threshold, double[] expected, double[] found) {
        double largest = 0;
        boolean steep = false;
        for (int i = 0; i < gradient.length; i++) {
            if (Math.abs(gradient[i]) > threshold) {
                steep = true;
                largest = Math.max(largest, Math.abs(found[i] - expected[i]));
            }
        }
        return steep ? largest : Double.NaN;
    }

    private static double[] values(Tensor tensor) {
        return Comparison.doubles(LibTorch.values(tensor));
    }
}
