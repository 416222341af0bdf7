package org.example;

import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.step.RateSchedule;

public final class Linear implements RateSchedule {
    @Override
    public String name() {
        return "linear";
    }

    @Override
    public double rate(double time, Settings.Training settings) {
        return settings.learningRate() * (1 - time / settings.epochs());
    }

    @Override
    public void check(Settings.Training settings) {
        if (!settings.milestones().isEmpty()) {
            throw new InputError("training.milestones is " + settings.milestones() + ": give [], a linear schedule has none");
        }
    }
}
