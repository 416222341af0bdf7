package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelsTest {
    /** Each was wrong on some processor, or is what networks are made of. */
    @ParameterizedTest
    @CsvSource({"3, 1, 3, 4, 1, 8, false, false", "3, 1, 3, 8, 1, 8, false, false", "3, 1, 16, 12, 1, 8, false, false",
        "3, 2, 16, 32, 1, 8, false, false", "1, 2, 16, 512, 1, 8, true, false", "3, 1, 16, 32, 1, 32, true, false",
        "3, 1, 32, 48, 1, 5, true, false", "3, 2, 16, 16, 16, 8, true, true", "3, 1, 16, 32, 1, 8, true, true"})
    void theWayThatIsChosenComputesRight(int kernel, int stride, int from, int to, int groups, int side, boolean channelsLast,
            boolean bfloat16) {
        LibTorch.threads(1);
        try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
            TensorOptions options = new TensorOptions(bfloat16 ? ScalarType.BFloat16 : ScalarType.Float);
            Tensor images = torch.zeros(new long[] {1, from, side, side}, options);
            Tensor laid = channelsLast ? images.contiguous(MemoryFormat.ChannelsLast) : images;
            Tensor weight = torch.zeros(new long[] {to, from / groups, kernel, kernel}, options);
            long[] strides = {stride, stride};
            long[] padding = {kernel / 2, kernel / 2};
            Op.Convolution convolution = new Op.Convolution(0, 1, "weight", null, strides, padding, new long[] {1, 1}, groups);
            Kernels.Kind kind = Kernels.kind(convolution, laid, weight);
            assertEquals(channelsLast, kind.channelsLast());
            assertEquals(bfloat16, kind.bfloat16());

            Tensor result = Kernels.convolve(convolution, laid, weight, null);

            assertArrayEquals(new long[] {1, to, side / stride + side % stride, side / stride + side % stride}, result.shape());
            assertEquals(images.scalar_type().intern(), result.scalar_type().intern());
            assertEquals(Optional.empty(), Kernels.fault(kind, Kernels.choose(kind)));
            assertEquals(Optional.empty(), Kernels.fault(kind, Kernels.Way.WITHOUT_ONEDNN));
        }
    }

    @Test
    void aStridedDepthwiseConvolutionIsComputedInFloat32() {
        Kernels.Kind strided = new Kernels.Kind(32, 32, 3, 2, 1, 1, 32, 8, 8, true, true);
        assertNotEquals(Kernels.Way.AS_IT_LIES, Kernels.choose(strided));
        assertEquals(Optional.empty(), Kernels.fault(strided, Kernels.choose(strided)));
        assertFalse(new Kernels.Kind(32, 32, 3, 1, 1, 1, 32, 8, 8, true, true).isSlowIn(Kernels.Way.AS_IT_LIES));
        assertFalse(new Kernels.Kind(32, 32, 3, 2, 1, 1, 32, 8, 8, true, false).isSlowIn(Kernels.Way.AS_IT_LIES));
    }

    @Test
    void everyWayConvolvesTheSame() {
        try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
            Tensor images = torch.rand(2, 4, 7, 7);
            for (int groups : new int[] {1, 4}) {
                Tensor weight = torch.rand(8, 4 / groups, 3, 3);
                Tensor bias = torch.rand(8);
                Op.Convolution convolution = new Op.Convolution(0, 1, "weight", "bias", new long[] {2, 2}, new long[] {1, 1},
                        new long[] {1, 1}, groups);
                Tensor expected = Kernels.Way.AS_IT_LIES.convolve(convolution, images.to(ScalarType.Double),
                        weight.to(ScalarType.Double), bias.to(ScalarType.Double));
                for (Kernels.Way way : Kernels.Way.values()) {
                    Tensor found = way.convolve(convolution, images, weight, bias);
                    assertTrue(torch.allclose(found.to(ScalarType.Double), expected, 1e-5, 1e-5, false), way + ", groups " + groups);
                }
            }
        }
    }

    /** A run that goes on after an interruption ends in the same bits, whatever its process computed before. */
    @Test
    void whatAProcessComputedBeforeDoesNotChangeAConvolution() {
        try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
            Tensor images = torch.rand(16, 16, 8, 8);
            Tensor weight = torch.rand(16, 16, 3, 3);
            Op.Convolution convolution = new Op.Convolution(0, 1, "weight", null, new long[] {1, 1}, new long[] {1, 1}, new long[] {1, 1},
                    1);
            Tensor before = Kernels.convolve(convolution, images, weight, null);
            for (int to = 1; to < 16; to++) {
                Kernels.convolve(convolution, images, torch.rand(to, 16, 3, 3), null);
            }
            assertTrue(torch.globalContext().userEnabledMkldnn());
            assertTrue(before.equal(Kernels.convolve(convolution, images, weight, null)));
        }
    }
}
