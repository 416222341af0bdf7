package org.mmard.attack;

import java.io.Serializable;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;

/** Another model than the one that is evaluated, on which adversarial examples are made: here, or sent to executors. */
@FunctionalInterface
public interface SourceModel extends Serializable {
    /**
     * Attacks it; several threads may do so at once.
     *
     * @param attack given the model, makes x', a tensor of the current scope; keeps nothing of the model
     * @return x'
     */
    Tensor craft(Function<Classifier, Tensor> attack);
}
