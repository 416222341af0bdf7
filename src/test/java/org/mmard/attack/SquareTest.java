package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
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

class SquareTest {
    private static final float EPSILON = 0.05f;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void theWindowShrinksAsInTheOfficialCode() {
        int[] queries = {0, 10, 11, 50, 51, 201, 501, 1001, 2001, 4001, 4999};
        int[] sides = {29, 29, 20, 20, 14, 10, 7, 5, 4, 3, 3};
        assertArrayEquals(sides, Arrays.stream(queries).map(query -> Square.side(query, ImageShape.CIFAR)).toArray());
    }

    @Test
    void theWindowIsOfTheImagesOwnSize() {
        assertEquals(57, Square.side(0, new ImageShape(3, 64, 64)));
        assertEquals(16, Square.side(0, new ImageShape(1, 16, 64)));
        assertEquals(1, Square.side(4999, new ImageShape(3, 4, 4)));
    }

    @Test
    void beginsWithStripesOfEpsilonForEachChannelAndColumn() {
        withRun(new float[2 * ImageShape.CIFAR.size()], 0.5f, run -> {
            float[] start = new float[ImageShape.CIFAR.size()];
            run.best(1, start, 0);
            Set<Float> values = new HashSet<>();
            for (int at = 0; at < start.length; at++) {
                assertEquals(EPSILON, Math.abs(start[at] - 0.5f), 1e-7);
                int top = at / 1024 * 1024 + at % 32;
                assertEquals(start[top], start[at], "one stripe at " + at);
                values.add(start[at]);
            }
            assertEquals(2, values.size());
        });
    }

    @Test
    void keepsWindowsThatLowerTheMarginAndNoOthers() {
        withRun(new float[2 * ImageShape.CIFAR.size()], 0.5f, run -> {
            float[] before = new float[ImageShape.CIFAR.size()];
            float[] after = new float[ImageShape.CIFAR.size()];
            double margin = run.margin(0);
            int kept = 0;
            for (int query = 0; query < 30; query++) {
                run.best(0, before, 0);
                run.query(10);
                run.best(0, after, 0);
                long changed = IntStream.range(0, after.length).filter(i -> before[i] != after[i]).count();
                assertTrue(changed <= 300, changed + " values changed");
                assertTrue(changed == 0 || run.margin(0) < margin, "a window was kept that did not help");
                kept += changed > 0 ? 1 : 0;
                margin = run.margin(0);
            }
            assertTrue(kept > 2 && kept < 30, kept + " of 30 windows kept");
        });
    }

    private static void withRun(float[] pixels, float value, Consumer<SquareRun> test) {
        Arrays.fill(pixels, value);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8-16", 10, 3));
                Classifier model = network.freeze(CompilePasses.ALL)) {
            Tensor images = LibTorch.images(ImageShape.CIFAR, pixels);
            Logits logits = model.logits(images);
            int[] labels = IntStream.range(0, 2).map(logits::argMax).toArray();
            test.accept(new SquareRun(model, new Examples(images, labels, new int[] {4, 9}), EPSILON, 0, RandomSource.of(1, "square")));
        }
    }
}
