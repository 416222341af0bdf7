package org.mmard.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.EvaluationRun;
import org.mmard.attack.Evaluator;
import org.mmard.attack.Ledger;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Device;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;
import org.mmard.model.MemoryDemand;
import org.mmard.step.Toys;

class LocalEvaluatorTest {
    private static final int BATCH = 5;
    private static final ImageSet IMAGES = Toys.images(23, 3);
    private static final ComputationGraph MODEL = Architectures.network("cnn-4-8", 10, 1);
    private static final Settings.Engine ENGINE = Settings.Engine.on(Settings.Engine.Device.AUTO);

    /** Outcomes, and each image of each attack. */
    private record Found(String csv, List<float[]> images) {}

    private static Found found(int threads) {
        Ledger.InMemory ledger = new Ledger.InMemory(true);
        try (LocalEvaluator evaluator = new LocalEvaluator(threads, MODEL, IMAGES, BATCH, 7, ENGINE)) {
            List<Cascade> cascades = new ArrayList<>(Attacks.named("pgd20,fab-t3,square20", 0.03));
            cascades.addAll(Cascade.transferred(evaluator.source(Architectures.network("cnn-4-8", 10, 2)), "other.zip",
                    "0123456789abcdef", Map.of(), "fgsm", 0.03));
            Evaluation evaluation = new EvaluationRun(evaluator, ledger, (attack, done, total, atMost) -> {}).evaluate(Map.of(), cascades);
            List<float[]> images = cascades.stream().flatMap(cascade -> cascade.attacks().stream())
                    .flatMap(attack -> IntStream.range(0, IMAGES.size()).boxed()
                            .flatMap(record -> ledger.image(attack.name(), record).stream()))
                    .toList();
            return new Found(evaluation.csv(IMAGES), images);
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        Found one = found(1);
        assertTrue(one.images.size() > IMAGES.size());
        for (int threads : new int[] {2, 4}) {
            Found several = found(threads);
            assertEquals(one.csv, several.csv);
            assertEquals(one.images.size(), several.images.size());
            for (int i = 0; i < one.images.size(); i++) {
                assertArrayEquals(one.images.get(i), several.images.get(i), "image " + i + " by " + threads + " threads");
            }
        }
    }

    @Test
    void partsAreWorkedAtAtTheSameTimeByNetworksOfTheirOwn() {
        Set<Integer> networks = ConcurrentHashMap.newKeySet();
        // Held open until all three have come: one after the other they never would.
        CountDownLatch all = new CountDownLatch(3);
        List<Integer> sizes = new ArrayList<>();
        try (LocalEvaluator evaluator = new LocalEvaluator(3, MODEL, IMAGES, BATCH, 7, ENGINE)) {
            evaluator.each(List.of(new int[] {0}, new int[] {1, 2}, new int[] {3, 4, 5}), (model, images, records) -> {
                networks.add(System.identityHashCode(model));
                all.countDown();
                await(all);
                return records.length;
            }, sizes::add);
        }
        assertEquals(3, networks.size());
        assertEquals(List.of(1, 2, 3), sizes.stream().sorted().toList());
    }

    @Test
    void whatGoesWrongInAPartIsWhatTheCallerSeesAndEndsTheOthers() {
        InputError mistake = new InputError("the model's logits for image 3 are not finite");
        Set<Integer> begun = ConcurrentHashMap.newKeySet();
        CountDownLatch told = new CountDownLatch(1);
        try (LocalEvaluator evaluator = new LocalEvaluator(1, MODEL, IMAGES, BATCH, 7, ENGINE)) {
            List<int[]> parts = Evaluator.parts(IntStream.range(0, 23).toArray(), 1);
            assertSame(mistake, assertThrows(InputError.class, () -> evaluator.each(parts, (model, images, records) -> {
                begun.add(records[0]);
                if (records[0] == 3) {
                    throw mistake;
                } else if (records[0] == 4) {
                    await(told);
                }
                return 0;
            }, part -> {})));
            told.countDown();
        }
        assertTrue(begun.containsAll(Set.of(0, 1, 2, 3)) && begun.stream().allMatch(record -> record <= 4), begun.toString());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void thereAreAsManyThreadsAsProcessorsWithMemoryForThem() {
        assertEquals(8, LocalEvaluator.room(8, 1e9, 64_000_000_000L));
        assertEquals(4, LocalEvaluator.room(8, 8e9, 64_000_000_000L));
        assertEquals(1, LocalEvaluator.room(8, 80e9, 64_000_000_000L), "one has to try");
        assertEquals(1, LocalEvaluator.room(0, 1, 1_000), "engine.threads may be more than there are processors");
        int processors = Device.current().runsAhead() ? 1 : Runtime.getRuntime().availableProcessors();
        assertEquals(processors, LocalEvaluator.room(List.of(MODEL), IMAGES, BATCH, ENGINE));
    }

    @Test
    void anAttackOnALargerNetworkOrMoreImagesNeedsMoreMemory() {
        double small = MemoryDemand.ofAttack(MODEL.getConfiguration(), ImageShape.CIFAR, 1);
        assertTrue(MemoryDemand.ofAttack(MODEL.getConfiguration(), ImageShape.CIFAR, 32) > 20 * small);
        // Its first convolution's maps alone, there and back.
        assertTrue(small > 2 * 4 * 4 * 32 * 32);
        assertTrue(MemoryDemand.ofAttack(Architectures.network("resnet8", 10, 1).getConfiguration(), ImageShape.CIFAR, 1) > 10 * small);
    }
}
