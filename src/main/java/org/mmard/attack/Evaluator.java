package org.mmard.attack;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.Device;

/** Who can find out what a model makes of a set of examples under an attack: this process, or a cluster. */
public interface Evaluator {
    /** The examples. Their record ids are their places, from 0. */
    ImageSet images();

    /** How many examples are attacked at a time. The same parts give the same bits, wherever they are worked at. */
    int batch();

    /** Seed of the attacks' random draws. */
    long seed();

    /**
     * Where the model has been asked so far, such as {@code cuda:0 (NVIDIA A100)}; several are separated by commas. Empty before the first
     * time.
     */
    default String devices() {
        return Device.current().description();
    }

    /**
     * Does a piece of work for each of these parts of the examples.
     *
     * @param finished is handed each result as it comes, one at a time, in any order
     */
    <R extends Serializable> void each(List<int[]> parts, Work<R> work, Consumer<R> finished);

    /**
     * Lends out an evaluator of the same model over other examples, in the same batches and where this one works.
     *
     * @param use what is done with it; it is good until that returns
     * @return what {@code use} does
     */
    <T> T over(ImageSet others, Function<Evaluator, T> use);

    /** What is to be done with some examples. */
    interface Work<R extends Serializable> extends Serializable {
        /**
         * Does it for some examples; on an executor where a cluster evaluates.
         *
         * @param model to be asked, within a scope of one's own
         * @param records ids of the examples, their places in {@code images}
         */
        R of(Classifier model, ImageSet images, int[] records);
    }

    /**
     * The outcome of every example, in the order of the data.
     *
     * @param attack null for the images as they are
     * @param told each part's, as it comes
     */
    default Outcome outcome(@Nullable Attack attack, Consumer<Outcome> told) {
        Outcome[] all = {Outcome.none()};
        int[] records = IntStream.range(0, images().size()).toArray();
        each(parts(records, batch()), new Trial(attack, seed(), false), part -> {
            all[0] = all[0].with(part.outcome());
            told.accept(part.outcome());
        });
        return all[0];
    }

    /** The same, with nobody told on the way. */
    default Outcome outcome(@Nullable Attack attack) {
        return outcome(attack, part -> {});
    }

    /** The clean accuracy and the robust accuracies. */
    default Evaluation evaluate(Map<String, Object> about, List<Cascade> cascades, Progress progress) {
        return new EvaluationRun(this, new Ledger.InMemory(), progress).evaluate(about, cascades);
    }

    /** Evaluates in this thread, part by part. */
    static Evaluator local(Classifier model, ImageSet images, int batch, long seed) {
        return new Evaluator() {
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
                parts.forEach(records -> finished.accept(work.of(model, images, records)));
            }

            @Override
            public <T> T over(ImageSet others, Function<Evaluator, T> use) {
                return use.apply(local(model, others, batch, seed));
            }
        };
    }

    /** The records in as few parts of at most {@code batch} as there can be, all of one length, or one less. */
    static List<int[]> parts(int[] records, int batch) {
        int count = (records.length + batch - 1) / batch;
        return IntStream.range(0, count).mapToObj(part -> Arrays.copyOfRange(records,
                (int) ((long) records.length * part / count), (int) ((long) records.length * (part + 1) / count))).toList();
    }

    /** Told when an attack begins and after each part. */
    @FunctionalInterface
    interface Progress {
        /**
         * @param attack what is under way: an attack, or a corruption
         * @param done examples attacked so far, of {@code total}
         * @param atMost the robust accuracy over all examples so far: those that it has not come to yet count as robust
         */
        void examples(String attack, int done, int total, double atMost);

        /** An earlier, stopped evaluation left so many outcomes in a folder, and this one goes on from there. */
        default void goingOn(int outcomes, String folder) {}
    }
}
