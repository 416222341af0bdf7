package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.CorruptedFixture;
import org.mmard.data.CorruptedImages;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;

class CorruptionRunTest {
    private static final List<Integer> ALL = List.of(1, 2, 3, 4, 5);
    private static final ImageSet IMAGES = images();

    @TempDir
    private static Path folder;

    private static ImageSet images() {
        Random random = new Random(1);
        byte[] pixels = new byte[20 * ImageShape.CIFAR.size()];
        byte[] labels = new byte[20];
        random.nextBytes(pixels);
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) random.nextInt(2);
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, List.of("a", "b"));
    }

    @BeforeAll
    static void corrupt() throws IOException {
        CorruptedFixture.write(folder, IMAGES, 20, "saturate", "fog", "gaussian_noise");
    }

    private static CorruptedImages open(int examples) {
        return CorruptedImages.open(folder.toString(), ImageShape.CIFAR, IMAGES.classNames(), examples, new Configuration(false));
    }

    private static Corruptions measure(Classifier model, Ledger ledger, int examples, List<Integer> severities, List<String> told) {
        return new CorruptionRun(Evaluator.local(model, IMAGES, 7, 0), ledger,
                (name, done, total, atMost) -> told.add(name + " " + done + "/" + total + " " + atMost))
                .measure(open(examples), severities);
    }

    /** Each image by itself. */
    private static double accuracy(Classifier model, String corruption, int severity, int examples) {
        int right = 0;
        for (int record = 0; record < examples; record++) {
            float[] pixels = CorruptedFixture.planes(IMAGES, corruption, severity, record);
            right += model.logits(ImageShape.CIFAR, pixels).argMax(0) == IMAGES.label(record) ? 1 : 0;
        }
        return (double) right / examples;
    }

    @Test
    void accuraciesAreThoseOfCountingImageByImage() {
        try (Classifier model = TorchNetwork.frozen(BalancedNetwork.of("cnn-4-8", IMAGES, 3))) {
            List<String> told = new ArrayList<>();
            Corruptions all = measure(model, new Ledger.InMemory(), 0, ALL, told);
            assertEquals(List.of("gaussian_noise", "fog", "saturate"), all.rows().stream().map(Corruptions.Row::name).toList());
            double sum = 0;
            for (Corruptions.Row row : all.rows()) {
                double overSeverities = 0;
                for (int severity : ALL) {
                    double expected = accuracy(model, row.name(), severity, 20);
                    assertEquals(expected, row.found().get(severity - 1).accuracy(), row.name() + " " + severity);
                    overSeverities += expected / 5;
                }
                assertEquals(overSeverities, row.accuracy(), 1e-12);
                sum += row.benchmark() ? overSeverities : 0;
            }
            assertEquals(sum / 2, all.mean().getAsDouble(), 1e-12);
            // A model that gives every image the same class would not see a wrong one.
            assertTrue(all.rows().stream().flatMap(row -> row.found().stream()).map(Corruptions.Found::accuracy).distinct().count() > 3);
            assertTrue(told.contains("fog 0/100 1.0"), told.toString());
            assertTrue(told.contains("fog 100/100 " + all.rows().get(1).accuracy()), told.toString());

            Corruptions some = measure(model, new Ledger.InMemory(), 6, List.of(2, 5), told);
            assertEquals(List.of(2, 5), some.severities());
            assertEquals(accuracy(model, "fog", 5, 6), some.rows().get(1).found().get(1).accuracy());
        }
    }

    @Test
    void whatTheLedgerKnowsOfTheSameImagesIsNotMeasuredAgain() {
        try (Classifier model = TorchNetwork.frozen(BalancedNetwork.of("cnn-4-8", IMAGES, 3))) {
            List<String> added = new ArrayList<>();
            Ledger ledger = new Ledger.InMemory() {
                @Override
                public void add(String name, Outcome part, float[] pixels) {
                    added.add(name);
                    super.add(name, part, pixels);
                }
            };
            Corruptions first = measure(model, ledger, 0, List.of(1, 3), new ArrayList<>());
            assertEquals(3 * 2, added.size());
            assertEquals(first, measure(model, ledger, 0, List.of(1, 3), new ArrayList<>()));
            assertEquals(3 * 2, added.size());
            measure(model, ledger, 0, ALL, new ArrayList<>());
            assertEquals(3 * 5, added.size());
        }
    }

    @Test
    void extraCorruptionsAreNeverInTheMean() {
        Corruptions.Row fog = new Corruptions.Row("fog", true, 1, List.of(new Corruptions.Found(0.75, "c", 1.5)));
        Corruptions.Row saturate = new Corruptions.Row("saturate", false, 1, List.of(new Corruptions.Found(0.25, "d", 1)));
        Corruptions both = new Corruptions("file:/c", 4, List.of(3), List.of(fog, saturate));
        assertEquals(0.75, both.mean().getAsDouble());
        assertEquals(List.of(
                "corruption          accuracy   examples   seconds  at severity 3",
                "fog                  75.00 %          4       1.5  75.00",
                "mean of 1 of 15      75.00 %          4       1.5",
                "not in the mean:",
                "saturate             25.00 %          4       1.0  25.00"), both.lines());
        Corruptions none = new Corruptions("file:/c", 4, List.of(3), List.of(saturate));
        assertEquals(OptionalDouble.empty(), none.mean());
        assertFalse(String.join("\n", none.lines()).contains("mean of"), none.lines().toString());
        assertTrue(none.json().containsKey("mean_accuracy"));
        assertEquals(null, none.json().get("mean_accuracy"));
    }
}
