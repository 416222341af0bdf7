package org.example;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.mmard.attack.Attack;
import org.mmard.attack.AttackFactory;
import org.mmard.attack.Examples;
import org.mmard.attack.RandomSource;
import org.mmard.engine.Classifier;

public final class Darken implements AttackFactory {
    @Override
    public String name() {
        return "darken";
    }

    @Override
    public Attack of(String name, double epsilon, int restarts) {
        return new Darkened(name, epsilon);
    }

    @Override
    public boolean random() {
        return false;
    }

    private record Darkened(String name, double epsilon) implements Attack {
        @Override
        public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
            return examples.images().sub(new Scalar(epsilon)).clamp_min_(new Scalar(0.0));
        }
    }
}
