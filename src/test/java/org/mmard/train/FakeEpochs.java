package org.mmard.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.step.FlatRange;
import org.mmard.step.Step;
import org.mmard.step.Tally;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Epochs whose outcome depends on parameters, velocity and epoch alone, as a real run's does, at no cost. */
public class FakeEpochs implements Epochs {
    static final int BATCHES = 4;
    static final int BATCH = 8;

    public final List<Integer> trained = new ArrayList<>();
    private final ComputationGraph student;
    private int killed;
    private int poisoned;
    private int frozen;
    private int failing;
    private int skipping;
    private int skipped;
    private StopRequest stop;
    private int stopping;
    private int lastStep;
    private boolean lost;
    private final Map<Integer, ValidationAccuracy> accuracies = new TreeMap<>();

    FakeEpochs(ComputationGraph student) {
        this.student = student;
    }

    /** @param epoch counted from 1 */
    public FakeEpochs accuracy(int epoch, double clean, double robust) {
        accuracies.put(epoch, new ValidationAccuracy(clean, robust, 100));
        return this;
    }

    public FakeEpochs killedIn(int epoch) {
        killed = epoch;
        return this;
    }

    FakeEpochs poisonedIn(int epoch) {
        poisoned = epoch;
        return this;
    }

    /** Loses its cluster in that epoch. */
    FakeEpochs failingIn(int epoch) {
        failing = epoch;
        return this;
    }

    /** Running statistics move in that epoch, weights do not. */
    FakeEpochs frozenIn(int epoch) {
        frozen = epoch;
        return this;
    }

    FakeEpochs skipping(int steps, int epoch) {
        skipped = steps;
        skipping = epoch;
        return this;
    }

    /** Is asked to stop during that step. */
    FakeEpochs stoppedIn(int epoch, int step, StopRequest request) {
        stop = request;
        stopping = epoch;
        lastStep = step;
        return this;
    }

    /** Is asked to stop during the validation of that epoch, and gives it up. */
    FakeEpochs stoppedInValidation(int epoch, StopRequest request) {
        return stoppedIn(epoch, 0, request);
    }

    /** Does not come to an end when it is asked to stop. */
    FakeEpochs lostThen() {
        lost = true;
        return this;
    }

    @Override
    public EpochSums train(int epoch, EpochSums before, StepListener listener) {
        if (epoch + 1 == killed) {
            throw new IllegalStateException("killed");
        }
        if (epoch + 1 == failing) {
            throw new ClusterFailure("executor 1 was lost in epoch " + failing, null);
        }
        trained.add(epoch + 1);
        float[] start = FlatRange.values(student.params(), FlatRange.trainable(student.getUpdater()));
        INDArray velocity = student.getUpdater().getStateViewArray();
        INDArray parameters = student.params().reshape(student.numParams());
        EpochSums sums = before;
        for (int step = (int) before.steps(); step < BATCHES && !(stop != null && stop.made()); step++) {
            velocity.muli(0.9).addi(0.01 * (epoch + 1));
            parameters.subi(parameters.mul(0.125)).addi(velocity.meanNumber());
            double loss = parameters.meanNumber().doubleValue();
            Step.Result result = new Step.Result(loss, Map.of("kl", loss), BATCH, BATCH / 2, BATCH / 4);
            sums = sums.plus(new EpochSums(Map.of("0", Tally.of("host", result, epoch + 1 == skipping && step < skipped, 0.5)), 0.5));
            listener.step(step + 1, BATCHES, loss);
            if (epoch + 1 == stopping && step + 1 == lastStep) {
                stop.make("SIGTERM");
                if (lost) {
                    throw new ClusterFailure("executor 1 was lost in epoch " + stopping, null);
                }
            }
        }
        if (epoch + 1 == poisoned) {
            parameters.putScalar(0, Float.NaN);
        }
        if (epoch + 1 == frozen) {
            FlatRange.assign(student.params(), FlatRange.trainable(student.getUpdater()), start);
        }
        return sums;
    }

    @Override
    public ValidationAccuracy validate(ComputationGraph model) {
        if (stopping > 0 && lastStep == 0 && trained.get(trained.size() - 1) == stopping) {
            stop.make("SIGTERM");
            throw new IllegalStateException("cancelled");
        }
        return accuracies.getOrDefault(trained.isEmpty() ? 0 : trained.get(trained.size() - 1),
                new ValidationAccuracy(0.5, 0.25 + model.params().meanNumber().doubleValue() / 100, 100));
    }

    /** As many times the number of the epoch, from 1. */
    @Override
    public float[] runningStatistics(ComputationGraph model, int epoch) {
        float[] statistics = FlatRange.values(model.params(), FlatRange.runningStatistics(model.getUpdater()));
        Arrays.fill(statistics, epoch + 1);
        return statistics;
    }

    @Override
    public void close() {}
}
