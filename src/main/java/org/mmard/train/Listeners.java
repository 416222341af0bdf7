package org.mmard.train;

import java.util.Map;
import java.util.function.Consumer;
import org.mmard.run.EpochMetrics;

/** Two listeners as one. */
record Listeners(TrainingListener first, TrainingListener second) implements TrainingListener {
    private void both(Consumer<TrainingListener> tell) {
        tell.accept(first);
        tell.accept(second);
    }

    @Override
    public void trainingStarts(String master, Map<String, String> devices) {
        both(one -> one.trainingStarts(master, devices));
    }

    @Override
    public void epochStarts(int epoch) {
        both(one -> one.epochStarts(epoch));
    }

    @Override
    public void step(long done, long total, double loss) {
        both(one -> one.step(done, total, loss));
    }

    @Override
    public void stepsEnd() {
        both(TrainingListener::stepsEnd);
    }

    @Override
    public void epochEnds(EpochMetrics metrics) {
        both(one -> one.epochEnds(metrics));
    }

    @Override
    public void stopping(String signal) {
        both(one -> one.stopping(signal));
    }

    @Override
    public void warning(String line) {
        both(one -> one.warning(line));
    }

    @Override
    public void restarting(String line) {
        both(one -> one.restarting(line));
    }
}
