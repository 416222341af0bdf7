package org.mmard.verify;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.Npy;

/** Logits of one network on x, in eval and in train mode, where the fixture has them: to 1e-5 of the largest logit, or of 1. */
final class NetworkCheck implements Check {
    private static final double TOLERANCE = 1e-5;

    private final Batch batch;
    private final String which;
    private final FixtureNetwork network;
    private final @Nullable Npy eval;
    private final @Nullable Npy train;

    /** @param which student or teacher */
    NetworkCheck(Fixture fixture, Batch batch, String which) {
        this.batch = batch;
        this.which = which;
        network = which.equals("student") ? batch.student : batch.teacher;
        eval = logits(fixture, which + ".logits_eval");
        train = logits(fixture, which + ".logits_train");
    }

    private static @Nullable Npy logits(Fixture fixture, String name) {
        return fixture.has(name) ? fixture.array(name, fixture.manifest().batch(), fixture.manifest().classes()) : null;
    }

    @Override
    public List<Comparison> carryOut() {
        List<Comparison> comparisons = new ArrayList<>();
        try (PointerScope scope = new PointerScope()) {
            if (eval != null) {
                double deviation = 0;
                for (CompilePasses program : PROGRAMS) {
                    try (Classifier frozen = Batch.frozen(network.graph(), program)) {
                        deviation = Math.max(deviation, deviation(eval, frozen.logits(batch.natural()).values()));
                    }
                }
                comparisons.add(new Comparison(which, "logits, eval mode", deviation, TOLERANCE));
            }
            if (train != null) {
                try (TorchNetwork running = new TorchNetwork(network.graph())) {
                    double deviation = deviation(train, running.train(batch.natural()).logits().values());
                    comparisons.add(new Comparison(which, "logits, train mode", deviation, TOLERANCE));
                }
            }
        }
        return comparisons;
    }

    private static double deviation(Npy expected, double[] found) {
        return Comparison.largestDifference(expected.values(), found) / Math.max(1, Comparison.largest(expected.values()));
    }
}
