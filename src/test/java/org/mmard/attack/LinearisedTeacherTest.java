package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;

class LinearisedTeacherTest {
    private static final int EXAMPLES = 3;
    private static final int[] LABELS = {2, 0, 7};
    private static final double LAMBDA = 0.5;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void isTheTeacherAtTheNaturalImage() {
        try (PointerScope scope = new PointerScope(); Classifier teacher = teacher()) {
            Tensor natural = images(1, 1);
            LinearisedTeacher linearised = new LinearisedTeacher(teacher, natural, LABELS, LAMBDA);
            assertArrayEquals(teacher.logits(natural).values(), linearised.logits(natural).values(), 1e-6);
            assertArrayEquals(linearised.atNatural().values(), linearised.logits(natural).values());
        }
    }

    @Test
    void onlyTheLabelsLogitMovesAndByTheTeachersOwnSlope() {
        try (PointerScope scope = new PointerScope(); Classifier teacher = teacher()) {
            Tensor natural = images(1, 1);
            Tensor direction = images(2, 0.01f);
            LinearisedTeacher linearised = new LinearisedTeacher(teacher, natural, LABELS, LAMBDA);
            Logits at = linearised.atNatural();
            Logits moved = linearised.logits(natural.add(direction));
            Logits above = teacher.logits(natural.add(direction));
            Logits below = teacher.logits(natural.sub(direction));
            for (int n = 0; n < EXAMPLES; n++) {
                for (int c = 0; c < 10; c++) {
                    double slope = (above.get(n, c) - below.get(n, c)) / 2;
                    assertEquals(c == LABELS[n] ? LAMBDA * slope : 0, moved.get(n, c) - at.get(n, c), 0.03 * Math.abs(slope) + 1e-5);
                }
            }
        }
    }

    @Test
    void inputGradientIsThatOfItsLogits() {
        try (PointerScope scope = new PointerScope(); Classifier teacher = teacher()) {
            Tensor natural = images(1, 1);
            LinearisedTeacher linearised = new LinearisedTeacher(teacher, natural, LABELS, LAMBDA);
            Logits cotangent = Logits.zeros(EXAMPLES, 10);
            for (int i = 0; i < cotangent.values().length; i++) {
                cotangent.values()[i] = 0.1 * i;
            }
            float[] gradient = LibTorch.values(linearised.forward(natural).inputGradient(cotangent));
            Tensor direction = images(3, 0.05f);
            float[] step = LibTorch.values(direction);
            double[] before = linearised.atNatural().values();
            double[] after = linearised.logits(natural.add(direction)).values();
            double change = 0;
            double predicted = 0;
            for (int i = 0; i < before.length; i++) {
                change += cotangent.values()[i] * (after[i] - before[i]);
            }
            for (int i = 0; i < step.length; i++) {
                predicted += gradient[i] * step[i];
            }
            assertEquals(change, predicted, 1e-4 * Math.abs(change));
        }
    }

    private static Classifier teacher() {
        try (TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8-16", 10, 5))) {
            return network.freeze(CompilePasses.ALL);
        }
    }

    private static Tensor images(long seed, float scale) {
        Random random = new Random(seed);
        float[] pixels = new float[EXAMPLES * 3072];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = scale * (float) random.nextGaussian();
        }
        return LibTorch.images(ImageShape.CIFAR, pixels);
    }
}
