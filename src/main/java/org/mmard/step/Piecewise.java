package org.mmard.step;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;

/** Linear between the points (milestone, rate), constant outside them. */
record Piecewise() implements RateSchedule {
    private static final long serialVersionUID = 1L;

    @Override
    public String name() {
        return "piecewise";
    }

    @Override
    public double rate(double time, Settings.Training settings) {
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

    @Override
    public void check(Settings.Training settings) {
        int points = settings.milestones().size();
        if (points == 0) {
            throw new InputError("training.milestones is []: give one epoch or more: the points of a piecewise schedule");
        }
        if (settings.rates().size() != points) {
            throw new InputError("training.rates is " + settings.rates() + ": give one rate for each of the " + points
                    + " milestones of a piecewise schedule");
        }
    }
}
