package org.mmard.engine;

/** A train-mode forward pass whose parameter gradient can be taken once. */
public interface TrainPass {
    /** Shape [examples, classes]. */
    Logits logits();

    /**
     * Adds the gradient of sum(cotangent * logits) with respect to the trainable parameters to what has been accumulated.
     *
     * @param cotangent dL/dlogits, shape [examples, classes]
     */
    void accumulate(Logits cotangent);
}
