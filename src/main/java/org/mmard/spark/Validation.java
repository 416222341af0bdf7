package org.mmard.spark;

import java.io.Serializable;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.mmard.attack.Pgd;
import org.mmard.attack.Starts;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.data.RandomStreams;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.WeightedSum;
import org.mmard.train.Epochs;

/**
 * Clean accuracy, and accuracy under PGD on the cross-entropy, over all executors. The images are cut into the same batches, with the same random
 * starts, however many executors there are, so that the figures do not depend on them.
 */
final class Validation {
    private final JavaSparkContext spark;
    private final Settings settings;
    private final Broadcast<ImageSet> images;

    Validation(JavaSparkContext spark, Settings settings, Broadcast<ImageSet> images) {
        this.spark = spark;
        this.settings = settings;
        this.images = images;
    }

    private record Correct(int clean, int robust) implements Serializable {
        Correct plus(Correct other) {
            return new Correct(clean + other.clean, robust + other.robust);
        }
    }

    Epochs.Accuracy of(ComputationGraph student) {
        int examples = images.value().size();
        int batch = settings.validation().batch();
        int batches = (examples + batch - 1) / batch;
        int executors = settings.cluster().executors();
        Broadcast<NetBroadcastTuple> state = spark.broadcast(new NetBroadcastTuple(student.getConfiguration(), student.params(), null));
        // Captured by the tasks in place of this object, which holds the Spark context.
        Settings settings = this.settings;
        Broadcast<ImageSet> images = this.images;
        try {
            Correct correct = spark.parallelize(IntStream.range(0, executors).boxed().toList(), executors)
                    .map(shard -> evaluate(state.value(), images.value(), settings, IntStream.range(0, batches).filter(b -> b % executors == shard).toArray()))
                    .reduce(Correct::plus);
            return new Epochs.Accuracy((double) correct.clean / examples, (double) correct.robust / examples, examples);
        } finally {
            state.destroy();
        }
    }

    private static Correct evaluate(NetBroadcastTuple state, ImageSet images, Settings settings, int[] batches) {
        LibTorch.threads(settings.engine().threads());
        ComputationGraph graph = new ComputationGraph(state.getGraphConfiguration().clone());
        graph.init(state.getParameters(), true);
        Passes passes = new Passes(settings.engine().foldBatchNorm(), settings.engine().channelsLast());
        Correct correct = new Correct(0, 0);
        try (TorchNetwork network = new TorchNetwork(graph); Classifier student = network.freeze(passes)) {
            for (int b : batches) {
                int from = b * settings.validation().batch();
                int to = Math.min(from + settings.validation().batch(), images.size());
                correct = correct.plus(evaluate(student, images, settings, IntStream.range(from, to).toArray()));
            }
        }
        return correct;
    }

    private static Correct evaluate(Classifier student, ImageSet images, Settings settings, int[] records) {
        float[] pixels = new float[records.length * ImageSet.PIXELS];
        int[] labels = new int[records.length];
        for (int i = 0; i < records.length; i++) {
            images.floats(records[i], pixels, i * ImageSet.PIXELS);
            labels[i] = images.label(records[i]);
        }
        Pgd attack = new Pgd(WeightedSum.of(new CrossEntropy(Prediction.STUDENT_ADVERSARIAL)),
                settings.attack().epsilon(), settings.validation().stepSize(), settings.validation().steps());
        try (PointerScope scope = new PointerScope()) {
            Tensor natural = LibTorch.images(pixels);
            Tensor start = Starts.of(settings.attack()).from(natural, RandomStreams.Purpose.EVALUATION, settings.run().seed(), 0, records);
            Tensor adversarial = attack.perturb(student, null, natural, new Predictions(labels), start);
            return new Correct(student.logits(natural).correct(labels), student.logits(adversarial).correct(labels));
        }
    }
}
