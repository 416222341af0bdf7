package org.mmard.step;

import java.io.Serializable;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** Makes the training step on an executor, once for as long as that executor trains. Travels there by Java serialisation. */
@FunctionalInterface
public interface StepFactory extends Serializable {
    /** @param student the executor's own graph: the step reads its parameters and writes its gradient vector */
    Step create(ComputationGraph student);
}
