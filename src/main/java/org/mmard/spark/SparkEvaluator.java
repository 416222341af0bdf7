package org.mmard.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.CollectionAccumulator;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.mmard.attack.Evaluator;
import org.mmard.attack.SourceModel;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.Device;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.spark.host.AssignedGpu;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Evaluates on a cluster: one task per part of the examples, the model and the images sent once, results as they come. What is random
 * belongs to the example, so the outcome does not depend on how many executors there are.
 */
public final class SparkEvaluator implements Evaluator, AutoCloseable {
    private final JavaSparkContext spark;
    private final Broadcast<NetBroadcastTuple> model;
    private final Broadcast<ImageSet> images;
    private final int batch;
    private final long seed;
    private final Settings.Engine engine;
    private final CollectionAccumulator<String> devices;
    private final List<Broadcast<NetBroadcastTuple>> sources = new ArrayList<>();

    /** @param images stays the caller's, who destroys it */
    public SparkEvaluator(JavaSparkContext spark, ComputationGraph model, Broadcast<ImageSet> images, int batch, long seed,
            Settings.Engine engine) {
        this(spark, spark.broadcast(SentStudent.withoutVelocity(model)), images, batch, seed, engine, spark.sc().collectionAccumulator());
    }

    private SparkEvaluator(JavaSparkContext spark, Broadcast<NetBroadcastTuple> model, Broadcast<ImageSet> images, int batch, long seed,
            Settings.Engine engine, CollectionAccumulator<String> devices) {
        this.spark = spark;
        this.model = model;
        this.images = images;
        this.batch = batch;
        this.seed = seed;
        this.engine = engine;
        this.devices = devices;
    }

    /** Another model, sent to the executors once, to make adversarial examples on. Good until this evaluator is closed. */
    public SourceModel source(ComputationGraph other) {
        Broadcast<NetBroadcastTuple> sent = spark.broadcast(SentStudent.withoutVelocity(other));
        sources.add(sent);
        return new Sent(sent, engine);
    }

    @Override
    public String devices() {
        return String.join(", ", new TreeSet<>(devices.value()));
    }

    @Override
    public ImageSet images() {
        return images.value();
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public <R extends Serializable> void each(List<int[]> parts, Work<R> work, Consumer<R> finished) {
        if (parts.isEmpty()) {
            return;
        }
        // The class of the results is only for the array that Spark would collect them in, and there is none.
        ClassTag<R> result = ClassTag$.MODULE$.apply(Serializable.class);
        try {
            run(parts, new Task<>(model, images, work, engine, devices), finished, result);
        } catch (Exception e) {
            // A mistake that shows on an executor first, such as weights that are no numbers, is the user's there, too.
            Optional<InputError> mistake = InputError.in(e);
            if (mistake.isPresent()) {
                throw mistake.get();
            }
            throw e;
        }
    }

    private <R extends Serializable> void run(List<int[]> parts, Task<R> task, Consumer<R> finished, ClassTag<R> result) {
        spark.sc().runJob(spark.parallelize(parts, parts.size()).rdd(), task,
                new AbstractFunction2<Object, R, BoxedUnit>() {
                    @Override
                    public BoxedUnit apply(Object partition, R part) {
                        finished.accept(part);
                        return BoxedUnit.UNIT;
                    }
                }, result);
    }

    /** Sends the others to the executors, for as long as they are used; the model is there already. */
    @Override
    public <T> T over(ImageSet others, Function<Evaluator, T> use) {
        Broadcast<ImageSet> sent = spark.broadcast(others);
        try {
            return use.apply(new SparkEvaluator(spark, model, sent, batch, seed, engine, devices));
        } finally {
            if (!spark.sc().isStopped()) {
                sent.destroy();
            }
        }
    }

    @Override
    public void close() {
        if (!spark.sc().isStopped()) {
            model.destroy();
            sources.forEach(Broadcast::destroy);
        }
    }

    /** What somebody makes of a network on an executor. */
    private static <T> T asked(Broadcast<NetBroadcastTuple> sent, Settings.Engine engine, Function<Classifier, T> use) {
        ComputationGraph graph = new ComputationGraph(sent.value().getGraphConfiguration().clone());
        graph.init(sent.value().getParameters(), true);
        try (TorchNetwork network = new TorchNetwork(graph);
                Classifier classifier = network.freeze(CompilePasses.of(engine))) {
            return use.apply(classifier);
        }
    }

    private record Sent(Broadcast<NetBroadcastTuple> model, Settings.Engine engine) implements SourceModel {
        @Override
        public Tensor craft(Function<Classifier, Tensor> attack) {
            return asked(model, engine, attack);
        }
    }

    /** One part on an executor. */
    private static final class Task<R extends Serializable> extends AbstractFunction1<Iterator<int[]>, R> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Broadcast<NetBroadcastTuple> model;
        private final Broadcast<ImageSet> images;
        private final Work<R> work;
        private final Settings.Engine engine;
        private final CollectionAccumulator<String> devices;

        Task(Broadcast<NetBroadcastTuple> model, Broadcast<ImageSet> images, Work<R> work, Settings.Engine engine,
                CollectionAccumulator<String> devices) {
            this.model = model;
            this.images = images;
            this.work = work;
            this.engine = engine;
            this.devices = devices;
        }

        @Override
        public R apply(Iterator<int[]> partition) {
            AssignedGpu.use(TaskContext.get(), engine);
            devices.add(Device.current().description());
            return asked(model, engine, classifier -> work.of(classifier, images.value(), partition.next()));
        }
    }
}
