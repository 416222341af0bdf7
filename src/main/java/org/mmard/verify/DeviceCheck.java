package org.mmard.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Evaluator;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;
import org.mmard.step.DistillationSteps;
import org.mmard.step.FlatRange;
import org.mmard.step.Step;
import org.mmard.step.Teacher;

/**
 * Holds what the engine computes on a device to what it computes on the processor: networks, training steps, AutoAttack. Fresh weights,
 * random images. A deviation is
 * |a - b| / |b| with b the processor's, Euclidean norms: single values may differ by more where a ReLU or the sign of a gradient sees the
 * rounding.
 *
 * @param device whose results are compared
 */
public record DeviceCheck(Device device) {
    /** Logits, in float32 without TensorFloat-32. */
    private static final double LOGITS = 1e-4;
    /** Gradients: another side of a kink is another gradient there. */
    private static final double GRADIENT = 1e-2;
    /** The loss after an attack of two steps, whose signs the rounding decides at some pixels. */
    private static final double LOSS = 1e-2;
    private static final double STEP_GRADIENT = 5e-2;
    private static final ImageShape SHAPE = ImageShape.CIFAR;
    private static final int CLASSES = 10;
    private static final int EXAMPLES = 8;
    private static final String ORIGIN = "check";

    /** Logits, input gradient, parameter gradient and running statistics of a network of the zoo. */
    public List<Comparison> network(String architecture) {
        Map<String, float[]> expected = on(Device.HOST, () -> run(architecture));
        Map<String, float[]> found = on(device, () -> run(architecture));
        return List.of(
                comparison(architecture, "logits", expected, found, LOGITS),
                comparison(architecture, "input gradient", expected, found, GRADIENT),
                comparison(architecture, "parameter gradient", expected, found, GRADIENT),
                comparison(architecture, "running statistics", expected, found, LOGITS));
    }

    private static Map<String, float[]> run(String architecture) {
        ComputationGraph graph = Architectures.network(architecture, CLASSES, 1);
        float[] pixels = batch(EXAMPLES).images();
        Logits cotangent = cotangent();
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier frozen = TorchNetwork.frozen(graph)) {
            Tensor images = LibTorch.images(SHAPE, pixels);
            Classifier.Pass pass = frozen.forward(images);
            float[] logits = floats(pass.logits());
            float[] byInput = LibTorch.values(pass.inputGradient(cotangent));
            network.zeroGradient();
            network.train(images).accumulate(cotangent);
            network.downloadGradient();
            network.downloadStatistics();
            return Map.of("logits", logits, "input gradient", byInput, "parameter gradient", graph.getGradientsViewArray().toFloatVector(),
                    "running statistics", FlatRange.values(graph.params(), FlatRange.runningStatistics(graph.getUpdater())));
        } finally {
            graph.close();
        }
    }

    /** Loss and gradient of one training step of a method. */
    public List<Comparison> step(String method) {
        Map<String, float[]> expected = on(Device.HOST, () -> train(method));
        Map<String, float[]> found = on(device, () -> train(method));
        return List.of(comparison(method, "loss", expected, found, LOSS), comparison(method, "gradient", expected, found, STEP_GRADIENT));
    }

    private static Map<String, float[]> train(String method) {
        ComputationGraph student = Architectures.network("resnet8", CLASSES, 1);
        ComputationGraph ofTeacher = Architectures.network("resnet8", CLASSES, 2);
        Teacher teacher =
                new Teacher(ORIGIN, "", "resnet8", SHAPE, CLASSES, ofTeacher.getConfiguration().toJson(),
                        ofTeacher.params().toFloatVector());
        ofTeacher.close();
        Settings.Method settings = SettingsReader.method(Map.of("method.name", method), ORIGIN);
        Settings.Attack attack = SettingsReader.attack(Map.of("attack.steps", "2"), ORIGIN);
        try (Step step = new DistillationSteps(settings, 1, attack, Settings.WeightPerturbation.NONE,
                Settings.Engine.on(Settings.Engine.Device.AUTO), teacher)
                .create(student)) {
            Step.Result result = step.gradient(batch(2 * EXAMPLES));
            return Map.of("loss", new float[] {(float) result.loss()}, "gradient", student.getGradientsViewArray().toFloatVector());
        } finally {
            student.close();
        }
    }

    /**
     * The share of examples that AutoAttack finds robust on one of the two and not on the other.
     *
     * @param examples how many
     */
    public Comparison autoAttack(int examples) {
        boolean[] expected = on(Device.HOST, () -> robust(examples));
        boolean[] found = on(device, () -> robust(examples));
        int different = 0;
        for (int i = 0; i < examples; i++) {
            different += expected[i] == found[i] ? 0 : 1;
        }
        // One image at the edge of its ball may fall either way.
        return new Comparison("cnn-8-16", "AutoAttack flags", (double) different / examples, 1.0 / examples);
    }

    private static boolean[] robust(int examples) {
        ComputationGraph graph = Architectures.network("cnn-8-16", CLASSES, 3);
        try (Classifier model = TorchNetwork.frozen(graph)) {
            Evaluator evaluator = Evaluator.local(model, labelled(model, examples), examples, 1);
            // An eighth of the usual radius, at which this network is right on some of its own answers.
            List<Cascade> attacks = Attacks.named(Attacks.AUTOATTACK, Attacks.EPSILON / 8);
            Evaluation evaluation = evaluator.evaluate(Map.of(), attacks, (attack, done, total, atMost) -> {});
            return evaluation.attacks().values().iterator().next().robust();
        } finally {
            graph.close();
        }
    }

    /** Images whose labels are the network's own answers. */
    private static ImageSet labelled(Classifier model, int examples) {
        byte[] bytes = new byte[examples * SHAPE.size()];
        new Random(4).nextBytes(bytes);
        List<String> names = new ArrayList<>();
        for (int c = 0; c < CLASSES; c++) {
            names.add("class" + c);
        }
        ImageSet unlabelled = new ImageSet(SHAPE, bytes, new byte[examples], names);
        float[] pixels = new float[bytes.length];
        for (int i = 0; i < examples; i++) {
            unlabelled.floats(i, pixels, i * SHAPE.size());
        }
        Logits answers = model.logits(SHAPE, pixels);
        byte[] labels = new byte[examples];
        for (int i = 0; i < examples; i++) {
            labels[i] = (byte) answers.argMax(i);
        }
        return new ImageSet(SHAPE, bytes, labels, names);
    }

    static Comparison comparison(String subject, String quantity, Map<String, float[]> expected, Map<String, float[]> found,
            double tolerance) {
        float[] theirs = Objects.requireNonNull(expected.get(quantity), quantity);
        float[] ours = Objects.requireNonNull(found.get(quantity), quantity);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < theirs.length; i++) {
            difference += (ours[i] - theirs[i]) * (double) (ours[i] - theirs[i]);
            norm += theirs[i] * (double) theirs[i];
        }
        return new Comparison(subject, quantity, Math.sqrt(difference / norm), tolerance);
    }

    private static <T> T on(Device where, Supplier<T> work) {
        Device before = Device.current();
        Device.use(where);
        try {
            return work.get();
        } finally {
            Device.use(before);
        }
    }

    private static Step.Batch batch(int examples) {
        Random random = new Random(1);
        float[] pixels = new float[examples * SHAPE.size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return new Step.Batch(SHAPE, pixels, random.ints(examples, 0, CLASSES).toArray(), random.ints(examples, 0, 1000).toArray(), 1, 0);
    }

    private static Logits cotangent() {
        return new Logits(new Random(2).doubles(EXAMPLES * CLASSES, -1, 1).toArray(), EXAMPLES, CLASSES);
    }

    private static float[] floats(Logits logits) {
        float[] floats = new float[logits.values().length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) logits.values()[i];
        }
        return floats;
    }
}
