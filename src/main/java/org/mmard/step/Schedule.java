package org.mmard.step;

import java.io.Serializable;
import java.util.List;
import org.mmard.config.Settings;

/**
 * The learning rate of every step, computed from the step's place in the run (epoch and batch index) and from nothing else:
 * no counter that could drift between executors or be lost at a resume.
 */
public final class Schedule implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Settings.Training settings;
    private final int batchesPerEpoch;

    /** @param batchesPerEpoch minibatches of one epoch over all executors, at least 1 */
    public Schedule(Settings.Training settings, int batchesPerEpoch) {
        if (batchesPerEpoch < 1) {
            throw new IllegalArgumentException(batchesPerEpoch + " batches per epoch");
        }
        if (!List.of("constant", "step", "piecewise", "cosine").contains(settings.schedule())) {
            throw new IllegalArgumentException("no schedule is called " + settings.schedule());
        }
        if (settings.schedule().equals("piecewise")
                && (settings.milestones().isEmpty() || settings.milestones().size() != settings.rates().size())) {
            throw new IllegalArgumentException(settings.milestones().size() + " milestones for " + settings.rates().size() + " rates");
        }
        this.settings = settings;
        this.batchesPerEpoch = batchesPerEpoch;
    }

    /**
     * The learning rate of batch {@code batch} of epoch {@code epoch}, both from 0. With t = epoch + batch / batches per epoch:
     * constant: the base rate; step: base rate * decay^(number of milestones at or before t); piecewise: linear between the points
     * (milestone, rate), constant outside them; cosine: base rate * (1 + cos(pi t / epochs)) / 2 (Loshchilov and Hutter, arXiv 1608.03983,
     * without restarts). During warm-up that value rises linearly, reaching its full size with the last batch of the warm-up.
     */
    public double at(int epoch, int batch) {
        double time = epoch + (double) batch / batchesPerEpoch;
        double rate = switch (settings.schedule()) {
            case "step" ->
                settings.learningRate() * Math.pow(settings.decay(), settings.milestones().stream().filter(m -> m <= time).count());
            case "piecewise" -> piecewise(time);
            case "cosine" -> settings.learningRate() * (1 + Math.cos(Math.PI * time / settings.epochs())) / 2;
            default -> settings.learningRate();
        };
        double stepsDone = (double) epoch * batchesPerEpoch + batch + 1;
        double warmUpSteps = settings.warmUp() * batchesPerEpoch;
        return stepsDone < warmUpSteps ? rate * stepsDone / warmUpSteps : rate;
    }

    private double piecewise(double time) {
        List<Double> times = settings.milestones();
        List<Double> rates = settings.rates();
        if (time <= times.get(0)) {
            return rates.get(0);
        }
        for (int i = 1; i < times.size(); i++) {
            if (time <= times.get(i)) {
                double share = (time - times.get(i - 1)) / (times.get(i) - times.get(i - 1));
                return rates.get(i - 1) + share * (rates.get(i) - rates.get(i - 1));
            }
        }
        return rates.get(rates.size() - 1);
    }
}
