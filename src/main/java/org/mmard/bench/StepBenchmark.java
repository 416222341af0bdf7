package org.mmard.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.config.Settings.Engine.AttackPrecision;
import org.mmard.config.Settings.Engine.TrainingPrecision;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageShape;
import org.mmard.engine.LibTorch;
import org.mmard.model.Architectures;
import org.mmard.step.DistillationSteps;
import org.mmard.step.SgdUpdater;
import org.mmard.step.Step;
import org.mmard.step.Teacher;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Times the real training step on random images and fresh weights: attack, outer loss, parameter gradient, update. The variants of the
 * engine take turns, step by step, so that all of them see the same machine. On the device of the process.
 *
 * @param student, teacher names of the zoo
 * @param method keys of the section {@code method}, such as {@code method.name}, written as with -D
 * @param batch images per step
 * @param threads LibTorch threads
 * @param steps timed steps of each variant
 */
public record StepBenchmark(String student, String teacher, Map<String, String> method, int batch, int threads, int steps) {
    private static final ImageShape SHAPE = ImageShape.CIFAR;
    private static final int CLASSES = 10;
    /** The virtual machine compiles during the first steps. */
    private static final int WARM_UP = 2;
    private static final String ORIGIN = "bench";

    /** How the engine runs its networks: what each of its passes is worth shows in the differences. */
    public enum Variant {
        /** As a run does that sets nothing. */
        DEFAULT(true, true, true, AttackPrecision.AUTO),
        /** The default, additions and ReLUs by themselves and the way back by autograd. */
        UNFUSED(true, true, false, AttackPrecision.AUTO),
        FLOAT32(true, true, true, AttackPrecision.FLOAT32), FLOAT32_UNFUSED(true, true, false, AttackPrecision.FLOAT32),
        /** float32 whose products a GPU may round, TensorFloat-32. */
        TF32(true, true, true, AttackPrecision.FLOAT32),
        BFLOAT16(true, true, true, AttackPrecision.BFLOAT16),
        /** The attack, the teacher and the student's train-mode passes in bfloat16. */
        ALL_BFLOAT16(true, true, true, AttackPrecision.BFLOAT16),
        FOLDED(true, false, false, AttackPrecision.FLOAT32),
        CHANNELS_LAST(false, true, false, AttackPrecision.FLOAT32),
        /** The default without its passes: no folding, no layout, no fusion. */
        UNFOLDED(false, false, false, AttackPrecision.AUTO),
        /** What stands in the architecture, as it stands there. */
        FLOAT32_UNFOLDED(false, false, false, AttackPrecision.FLOAT32);

        private final boolean fold;
        private final boolean channelsLast;
        private final boolean fuse;
        private final AttackPrecision precision;

        Variant(boolean fold, boolean channelsLast, boolean fuse, AttackPrecision precision) {
            this.fold = fold;
            this.channelsLast = channelsLast;
            this.fuse = fuse;
            this.precision = precision;
        }
    }

    /**
     * Medians over the steps.
     *
     * @param imagesPerSecond of wall time
     * @param imagesPerCpuSecond of this process's CPU time, all threads
     * @param copies between the host's memory and the device's, in one step
     */
    public record Speed(double imagesPerSecond, double imagesPerCpuSecond, LibTorch.Copies copies) {}

    /** @throws org.mmard.failure.InputError for a network or method that is not known */
    public Map<Variant, Speed> run(List<Variant> variants) {
        Step.Batch images = images();
        Map<Variant, Timed> timed = new EnumMap<>(Variant.class);
        try {
            Function<Variant, Timed> start = start();
            variants.forEach(variant -> timed.put(variant, start.apply(variant)));
            for (int i = 0; i < WARM_UP + steps; i++) {
                boolean counts = i >= WARM_UP;
                timed.values().forEach(each -> each.step(images, counts));
            }
            Map<Variant, Speed> speeds = new EnumMap<>(Variant.class);
            timed.forEach((variant, each) -> speeds.put(variant, new Speed(
                    batch / median(each.wall), batch / median(each.cpu), LibTorch.copies(() -> each.step(images, false)))));
            return speeds;
        } finally {
            timed.values().forEach(Timed::close);
        }
    }

    /** @throws org.mmard.failure.InputError for a network or method that is not known */
    public void check() {
        start().apply(Variant.FLOAT32).close();
    }

    /**
     * The timed steps of one variant, told apart by part: what {@link StepProfile#of(ProcessBuilder, int)} reads from the process that calls
     * this.
     *
     * @throws org.mmard.failure.InputError for a network or method that is not known
     */
    public void runInParts(Variant variant, PrintStream out) {
        Step.Batch images = images();
        try (Timed timed = start().apply(variant)) {
            for (int i = 0; i < WARM_UP; i++) {
                timed.step(images, false);
            }
            StepProfile.write(out, () -> {
                for (int i = 0; i < steps; i++) {
                    timed.step(images, false);
                }
            });
        }
    }

    private Function<Variant, Timed> start() {
        Settings.Method settings = SettingsReader.method(method, ORIGIN);
        ComputationGraph ofTeacher = Architectures.network(teacher, CLASSES, 1);
        Teacher frozen =
                new Teacher(ORIGIN, "", teacher, SHAPE, CLASSES, ofTeacher.getConfiguration().toJson(), ofTeacher.params().toFloatVector());
        ofTeacher.close();
        return variant -> {
            Settings.Engine engine = new Settings.Engine(Settings.Engine.Device.AUTO, threads, variant.fold, variant.channelsLast,
                    variant.fuse, variant.precision,
                    variant == Variant.ALL_BFLOAT16 ? TrainingPrecision.BFLOAT16 : TrainingPrecision.FLOAT32,
                    variant == Variant.TF32);
            return new Timed(engine, Architectures.network(student, CLASSES, 2), new DistillationSteps(settings, 1,
                    SettingsReader.attack(Map.of(), ORIGIN), Settings.WeightPerturbation.NONE, engine, frozen));
        };
    }

    private Step.Batch images() {
        Random random = new Random(1);
        float[] pixels = new float[batch * SHAPE.size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return new Step.Batch(SHAPE, pixels, random.ints(batch, 0, CLASSES).toArray(), random.ints(batch, 0, 50_000).toArray(), 1, 0);
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** One variant's student and the times of its steps, in seconds. */
    private static final class Timed implements AutoCloseable {
        /** Seconds: in these the system counts CPU time. */
        private static final double CPU_RESOLUTION = 0.01;
        private static final double NANOSECONDS = 1e9;

        private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private final Settings.Engine engine;
        private final ComputationGraph student;
        private final SgdUpdater updater;
        private final Step step;
        private final List<Double> wall = new ArrayList<>();
        private final List<Double> cpu = new ArrayList<>();

        Timed(Settings.Engine engine, ComputationGraph student, DistillationSteps steps) {
            this.engine = engine;
            this.student = student;
            updater = new SgdUpdater(student, 0.9, 2e-4, 0);
            updater.learningRate(0.1);
            step = steps.create(student);
        }

        void step(Step.Batch images, boolean counts) {
            LibTorch.tf32(engine.tf32());
            long from = System.nanoTime();
            long cpuFrom = process.getProcessCpuTime();
            step.gradient(images);
            updater.update(null, 0, 0, images.labels().length, null);
            INDArray update = student.getGradientsViewArray();
            student.params().subi(update.reshape(student.params().shape()));
            if (counts) {
                wall.add((System.nanoTime() - from) / NANOSECONDS);
                // A step that is over within a hundredth may count none.
                cpu.add(Math.max((process.getProcessCpuTime() - cpuFrom) / NANOSECONDS, CPU_RESOLUTION));
            }
        }

        @Override
        public void close() {
            step.close();
        }
    }
}
