package org.mmard.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One instruction of a network's {@link Listing}. Registers hold activations; weights are found by the names DL4J gives its parameters,
 * which are the vertex's name and {@code _W}, {@code _b}, {@code _gamma}, {@code _beta}, {@code _mean} or {@code _var}.
 */
public sealed interface Op {
    /** The register that it writes. */
    int output();

    /** The registers that it reads. */
    int[] inputs();

    /** Names of the parameters it reads. */
    default List<String> weights() {
        return List.of();
    }

    /** 2-D convolution, zero padding. With as many groups as channels it is depthwise, each channel by itself. */
    record Convolution(int input, int output, String weight, @Nullable String bias, long[] stride, long[] padding, long[] dilation,
            long groups)
            implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }

        @Override
        public List<String> weights() {
            return bias == null ? List.of(weight) : List.of(weight, bias);
        }
    }

    /**
     * Batch normalisation of the layer's four parameters. In train mode by batch statistics, the running ones then moving by
     * {@code momentum} towards the batch's (variance unbiased), as PyTorch does; in eval mode by the running ones.
     */
    record BatchNorm(int input, int output, String layer, double momentum, double epsilon) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }

        @Override
        public List<String> weights() {
            return List.of(layer + "_gamma", layer + "_beta", layer + "_mean", layer + "_var");
        }
    }

    /** max(0, x). */
    record Relu(int input, int output) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }
    }

    /** x * sigmoid(x). */
    record Swish(int input, int output) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }
    }

    /** Zeros around the map: {@code zeros} counts them to the left, to the right, above and below. */
    record Pad(int input, int output, long[] zeros) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }
    }

    /** The sum of two registers of one shape. */
    record Add(int left, int right, int output) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {left, right};
        }
    }

    /** Mean over height and width. */
    record GlobalMean(int input, int output) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }
    }

    /** Fully connected; {@code weight} of shape [out, in]. */
    record Dense(int input, int output, String weight, String bias) implements Op {
        @Override
        public int[] inputs() {
            return new int[] {input};
        }

        @Override
        public List<String> weights() {
            return List.of(weight, bias);
        }
    }
}
