package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelsTest {
    /** Each was wrong on some processor, or is what networks are made of. */
    @ParameterizedTest
    @CsvSource({"3, 1, 3, 4, 1, 8, false, false", "3, 1, 3, 8, 1, 8, false, false", "3, 1, 16, 12, 1, 8, false, false",
        "3, 2, 16, 32, 1, 8, false, false", "1, 2, 16, 512, 1, 8, true, false", "3, 1, 16, 32, 1, 32, true, false",
        "3, 1, 32, 48, 1, 5, true, false", "3, 2, 16, 16, 16, 8, true, true", "3, 1, 16, 32, 1, 8, true, true"})
    void afterTheCheckAConvolutionComputesRight(int kernel, int stride, int from, int to, int groups, int side, boolean channelsLast,
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

            Kernels.check(convolution, laid, weight);

            assertEquals(Optional.empty(), Kernels.fault(kind));
        }
    }
}
