package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class BatchStatisticsTest {
    @Test
    void areMeanAndUnbiasedVarianceOfWhatTheBatchNormSees() {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        Step.Batch batch = new TrainingBatch(0, 0, IntStream.range(0, 20).toArray()).load(Toys.images(20, 1), 7, true);
        INDArray x = Nd4j.createFromArray(batch.images()).reshape(20, ImageShape.CIFAR.channels(), ImageShape.CIFAR.height(),
                ImageShape.CIFAR.width());
        // DL4J's own convolution, in front of the first batch norm.
        INDArray seen = graph.feedForward(new INDArray[] {x}, false, true).get("conv1");
        float[] found;
        try (BatchStatistics statistics = new BatchStatistics(graph.clone())) {
            statistics.of(new TrainingBatch(0, 0, new int[] {3, 4}).load(Toys.images(20, 1), 7, true));
            found = statistics.of(batch);
        }
        INDArray mean = seen.mean(0, 2, 3);
        INDArray variance = seen.var(true, 0, 2, 3);
        for (int channel = 0; channel < 4; channel++) {
            assertEquals(mean.getDouble(channel), found[channel], 1e-5);
            assertEquals(variance.getDouble(channel), found[4 + channel], 1e-5 * (1 + variance.getDouble(channel)));
        }
    }
}
