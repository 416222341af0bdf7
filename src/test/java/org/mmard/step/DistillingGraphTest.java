package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DistillingGraphTest {
    private static final ImageSet IMAGES = Toys.images(200, 1);

    private static DistillingGraph graph(StepFactory steps) {
        ComputationGraph student = Architectures.network("cnn-4-8", 10, 1);
        return new DistillingGraph(student.getConfiguration(), student.params(), null, Toys.training(50, 0.1), 7, steps);
    }

    private static List<Step.Result> train(DistillingGraph graph, int epochs) {
        List<Step.Result> results = new ArrayList<>();
        EpochOrder order = new EpochOrder(IntStream.range(0, IMAGES.size()).toArray(), 50, 7);
        graph.begin(IMAGES, new Schedule(Toys.training(50, 0.1), order.batchesPerEpoch()),
                (result, skipped, seconds) -> results.add(result));
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[][] batches = order.batches(epoch);
            for (int k = 0; k < batches.length; k++) {
                graph.fit(new TrainingBatch(epoch, k, batches[k]).toMultiDataSet());
            }
        }
        return results;
    }

    @Test
    void dl4jsOwnFitTrainsItByTheStepsGradient() {
        DistillingGraph graph = graph(ToyStep::new);
        List<Step.Result> results = train(graph, 6);
        assertEquals(24, results.size());
        assertTrue(results.get(23).loss() < 0.7 * results.get(0).loss(), results.get(0).loss() + " -> " + results.get(23).loss());
        assertEquals(results.get(23).loss(), graph.score());
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        DistillingGraph one = graph(ToyStep::new);
        DistillingGraph two = graph(ToyStep::new);
        train(one, 2);
        train(two, 2);
        assertEquals(one.params(), two.params());
        assertEquals(one.getUpdater().getStateViewArray(), two.getUpdater().getStateViewArray());
    }

    @Test
    void hasItsOwnCopyOfTheParameters() {
        ComputationGraph student = Architectures.network("cnn-4-8", 10, 1);
        INDArray before = student.params().dup();
        DistillingGraph graph =
                new DistillingGraph(student.getConfiguration(), student.params(), null, Toys.training(50, 0.1), 7, ToyStep::new);
        train(graph, 1);
        assertEquals(before, student.params());
        assertNotEquals(before, graph.params());
    }

    @Test
    void remembersWhatAStepThrew() {
        IllegalStateException thrown = new IllegalStateException("the step failed");
        DistillingGraph graph = graph(student -> new Step() {
            @Override
            public Result gradient(Batch batch) {
                throw thrown;
            }

            @Override
            public void close() {}
        });
        assertThrows(IllegalStateException.class, () -> train(graph, 1));
        assertSame(thrown, graph.failure());
        graph.begin(IMAGES, null, null);
        assertNull(graph.failure());
    }

    @Test
    void aBatchSurvivesItsWayThroughDl4j() {
        var data = new TrainingBatch(3, 16_777_217, new int[] {5, 49_999, 0}).toMultiDataSet();
        TrainingBatch back = TrainingBatch.of(data.getFeatures(0), data.getLabels(0));
        assertEquals(3, back.epoch());
        assertEquals(16_777_217, back.index());
        assertEquals(Nd4j.createFromArray(5, 49_999, 0), Nd4j.createFromArray(back.records()));
    }
}
