package org.mmard.app;

import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Evaluator;
import org.mmard.attack.SourceModel;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.Device;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.MemoryDemand;

/**
 * Evaluates in this process: several threads work at a part each, with networks of their own. What is random belongs to the example and a
 * part is what it is for one thread, so how many there are changes no bit.
 */
final class LocalEvaluator implements Evaluator, AutoCloseable {
    private final ExecutorService pool;
    private final Settings.Engine engine;
    private final Lent model;
    private final ImageSet images;
    private final int batch;
    private final long seed;
    private final List<Lent> sources = new ArrayList<>();

    /** @param threads how many, 1 or more */
    LocalEvaluator(int threads, ComputationGraph model, ImageSet images, int batch, long seed, Settings.Engine engine) {
        this(Executors.newFixedThreadPool(threads, LocalEvaluator::thread), engine, new Lent(model, engine), images, batch, seed);
    }

    private LocalEvaluator(ExecutorService pool, Settings.Engine engine, Lent model, ImageSet images, int batch, long seed) {
        this.pool = pool;
        this.engine = engine;
        this.model = model;
        this.images = images;
        this.batch = batch;
        this.seed = seed;
    }

    /**
     * How many threads have room on this machine: one for each processor, or for each {@code engine.threads} of them, as long as their
     * networks take no more than half of the memory; one where a GPU computes, which has its own ways of doing much at once.
     *
     * @param models whose passes a thread keeps in memory
     */
    static int room(List<ComputationGraph> models, ImageSet images, int batch, Settings.Engine engine) {
        Device.configure(engine, null);
        double each = models.stream().mapToDouble(graph -> MemoryDemand.ofAttack(graph.getConfiguration(), images.shape(), batch)).sum();
        return Device.current().runsAhead() ? 1
                : room(Runtime.getRuntime().availableProcessors() / engine.threads(), each, MemoryDemand.machine());
    }

    /**
     * @param most threads that the processors have work for
     * @param each bytes that one needs
     * @param machine bytes that there are
     */
    static int room(int most, double each, long machine) {
        return (int) Math.max(1, Math.min(most, machine / 2.0 / each));
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "evaluation");
        // A signal ends the process although LibTorch is at work.
        thread.setDaemon(true);
        return thread;
    }

    /** Another model, to make adversarial examples on. Good until this evaluator is closed. */
    SourceModel source(ComputationGraph other) {
        Lent lent = new Lent(other, engine);
        sources.add(lent);
        return lent::asked;
    }

    @Override
    public ImageSet images() {
        return images;
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
        CompletionService<R> results = new ExecutorCompletionService<>(pool);
        List<Future<R>> futures = parts.stream().map(records -> results.submit(() -> {
            // LibTorch counts threads for each thread that asks it.
            Device.configure(engine, null);
            return model.asked(classifier -> work.of(classifier, images, records));
        })).toList();
        try {
            for (int i = 0; i < parts.size(); i++) {
                finished.accept(results.take().get());
            }
        } catch (ExecutionException e) {
            throw cause(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while evaluating", e);
        } finally {
            futures.forEach(future -> future.cancel(false));
        }
    }

    private static RuntimeException cause(ExecutionException e) {
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return e.getCause() instanceof RuntimeException exception ? exception : new IllegalStateException(e.getCause());
    }

    @Override
    public <T> T over(ImageSet others, Function<Evaluator, T> use) {
        return use.apply(new LocalEvaluator(pool, engine, model, others, batch, seed));
    }

    /** Waits for parts that are under way. */
    @Override
    public void close() {
        pool.shutdown();
        try {
            pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // A network that is still asked must not be closed; the process is about to end.
            Thread.currentThread().interrupt();
            return;
        }
        model.close();
        sources.forEach(Lent::close);
    }

    /** Networks of one model, each lent to one thread at a time; as many as were ever wanted at once. */
    private static final class Lent implements AutoCloseable {
        private final ComputationGraph graph;
        private final CompilePasses passes;
        private final Deque<Classifier> free = new ArrayDeque<>();

        Lent(ComputationGraph graph, Settings.Engine engine) {
            this.graph = graph;
            passes = CompilePasses.of(engine);
        }

        <T> T asked(Function<Classifier, T> use) {
            Classifier lent = lend();
            try {
                return use.apply(lent);
            } finally {
                giveBack(lent);
            }
        }

        private synchronized Classifier lend() {
            Classifier known = free.poll();
            if (known != null) {
                return known;
            }
            try (TorchNetwork network = new TorchNetwork(graph)) {
                return network.freeze(passes);
            }
        }

        private synchronized void giveBack(Classifier lent) {
            free.push(lent);
        }

        @Override
        public synchronized void close() {
            free.forEach(Classifier::close);
            free.clear();
        }
    }
}
