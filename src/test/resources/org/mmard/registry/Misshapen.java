package org.example;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.attack.Attack;
import org.mmard.attack.AttackFactory;
import org.mmard.attack.Examples;
import org.mmard.attack.RandomSource;
import org.mmard.engine.Classifier;

/** Gives one image for all; with two restarts nothing, with three another type. */
public final class Misshapen implements AttackFactory {
    @Override
    public String name() {
        return "misshapen";
    }

    @Override
    public Attack of(String name, double epsilon, int restarts) {
        return new Made(name, epsilon, restarts);
    }

    private record Made(String name, double epsilon, int restarts) implements Attack {
        private static final long serialVersionUID = 1L;

        @Override
        public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
            return restarts == 1 ? examples.images().amax(new long[] {0}, false) : restarts == 2 ? null : examples.images().to(ScalarType.Double);
        }
    }
}
