package org.example;

import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.mmard.attack.Attack;
import org.mmard.attack.AttackFactory;
import org.mmard.config.Settings;
import org.mmard.data.DataFormat;
import org.mmard.data.DataSource;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.method.InnerObjective;
import org.mmard.method.OuterLoss;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architecture;
import org.mmard.model.GraphPlan;
import org.mmard.step.RateSchedule;

/** Whatever it is asked, it fails. */
public final class Unfinished implements OuterLoss, InnerObjective, AttackFactory, Architecture, DataFormat, RateSchedule {
    private static final long serialVersionUID = 1L;

    @Override
    public String name() {
        return "unfinished";
    }

    @Override
    public List<Weighted> terms(Settings.Method settings, TrainingProgress progress) {
        throw failure();
    }

    @Override
    public List<Weighted> terms(Settings.Method settings) {
        return null;
    }

    @Override
    public Attack of(String name, double epsilon, int restarts) {
        throw failure();
    }

    @Override
    public void describe(String name, GraphPlan plan) {
        throw failure();
    }

    @Override
    public String description() {
        return "nothing";
    }

    @Override
    public Optional<DataSource> open(String uri, Configuration hadoop) {
        throw failure();
    }

    @Override
    public double rate(double time, Settings.Training settings) {
        throw failure();
    }

    private static RuntimeException failure() {
        return new IndexOutOfBoundsException("Index 3 out of bounds for length 3");
    }
}
