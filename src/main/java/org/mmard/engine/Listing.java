package org.mmard.engine;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * A network written out, operation by operation. Register 0 is the images, [examples, channels, height, width] in [0, 1]; every other
 * register is written once; the last op writes the logits, [examples, classes].
 *
 * @param ops in the order in which they compute
 * @param weights all that the ops read, by name, to be read only. Laid out as PyTorch does: convolutions [out, in / groups, height, width],
 *     dense layers [out, in], all else is vectors
 */
public record Listing(List<Op> ops, Map<String, Tensor> weights) {
    public Listing {
        ops = List.copyOf(ops);
    }

    /** One that an op reads. */
    public Tensor weight(String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }
}
