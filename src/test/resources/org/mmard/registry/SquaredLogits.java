package org.example;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.method.OuterLoss;
import org.mmard.method.TrainingProgress;

public final class SquaredLogits implements OuterLoss {
    @Override
    public String name() {
        return "squared-logits";
    }

    @Override
    public List<Weighted> terms(Settings.Method settings, TrainingProgress progress) {
        double alpha = settings.alpha() == null ? 1 : settings.alpha();
        return List.of(new Weighted(alpha * progress.share(), new SquaredDifference()));
    }
}
