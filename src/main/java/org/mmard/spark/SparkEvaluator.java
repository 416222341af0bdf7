package org.mmard.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.mmard.attack.Attack;
import org.mmard.attack.Attacks;
import org.mmard.attack.Evaluator;
import org.mmard.attack.Outcome;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Evaluates on a cluster: one task per batch of examples, the model and the images sent once. What is random belongs to the example, so the
 * outcome does not depend on how many executors there are.
 */
public final class SparkEvaluator implements Evaluator, AutoCloseable {
    private final JavaSparkContext spark;
    private final Broadcast<NetBroadcastTuple> model;
    private final Broadcast<ImageSet> images;
    private final int batch;
    private final long seed;
    private final Settings.Engine engine;

    /** @param images stays the caller's, who destroys it */
    public SparkEvaluator(JavaSparkContext spark, ComputationGraph model, Broadcast<ImageSet> images, int batch, long seed, Settings.Engine engine) {
        this.spark = spark;
        this.model = spark.broadcast(new NetBroadcastTuple(model.getConfiguration(), model.params(), null));
        this.images = images;
        this.batch = batch;
        this.seed = seed;
        this.engine = engine;
    }

    @Override
    public Outcome outcome(Attack attack, Progress progress) {
        String name = attack == null ? Attacks.CLEAN : attack.name();
        List<int[]> batches = Evaluator.batches(images.value().size(), batch);
        List<Outcome> parts = new ArrayList<>();
        int total = images.value().size();
        spark.sc().runJob(spark.parallelize(batches, batches.size()).rdd(), new Task(model, images, attack, seed, engine),
                new AbstractFunction2<Object, Outcome, BoxedUnit>() {
                    @Override
                    public BoxedUnit apply(Object partition, Outcome part) {
                        parts.add(part);
                        int done = parts.stream().mapToInt(one -> one.records().length).sum();
                        progress.examples(name, done, total, parts.stream().mapToDouble(one -> one.accuracy() * one.records().length).sum() / done);
                        return BoxedUnit.UNIT;
                    }
                }, ClassTag$.MODULE$.<Outcome>apply(Outcome.class));
        return parts.stream().reduce(Outcome::with).orElseThrow();
    }

    @Override
    public void close() {
        if (!spark.sc().isStopped()) {
            model.destroy();
        }
    }

    /** One batch on an executor. */
    private static final class Task extends AbstractFunction1<Iterator<int[]>, Outcome> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Broadcast<NetBroadcastTuple> model;
        private final Broadcast<ImageSet> images;
        private final Attack attack;
        private final long seed;
        private final Settings.Engine engine;

        Task(Broadcast<NetBroadcastTuple> model, Broadcast<ImageSet> images, Attack attack, long seed, Settings.Engine engine) {
            this.model = model;
            this.images = images;
            this.attack = attack;
            this.seed = seed;
            this.engine = engine;
        }

        @Override
        public Outcome apply(Iterator<int[]> partition) {
            LibTorch.threads(engine.threads());
            ComputationGraph graph = new ComputationGraph(model.value().getGraphConfiguration().clone());
            graph.init(model.value().getParameters(), true);
            try (TorchNetwork network = new TorchNetwork(graph);
                    Classifier classifier = network.freeze(new Passes(engine.foldBatchNorm(), engine.channelsLast()))) {
                return Outcome.of(classifier, images.value(), partition.next(), attack, seed);
            }
        }
    }
}
