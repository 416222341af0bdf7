package org.example;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.method.InnerObjective;

public final class ClimbSquaredLogits implements InnerObjective {
    @Override
    public String name() {
        return "climb-squared-logits";
    }

    @Override
    public List<Weighted> terms(Settings.Method settings) {
        return List.of(new Weighted(1, new SquaredDifference()));
    }
}
