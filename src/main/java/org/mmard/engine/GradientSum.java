package org.mmard.engine;

import java.util.Objects;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/** On a way back by hand: what is known so far of J's gradient with respect to a register. Owns what it is given. */
final class GradientSum {
    private final long[] shape;
    private @Nullable Tensor sum;
    /** Of every {@code stride}-th pixel, still to be added. */
    private @Nullable Tensor picked;
    private long[] stride = {1, 1};

    /** @param shape the register's */
    GradientSum(long[] shape) {
        this.shape = shape;
    }

    long[] shape() {
        return shape;
    }

    /** What can be added to, null where nothing has come yet that covers the whole register. */
    @Nullable
    Tensor sum() {
        return sum;
    }

    void add(Tensor part) {
        if (sum == null) {
            sum = part;
        } else {
            sum.add_(part);
            part.close();
        }
    }

    /** A part for every stride-th pixel of each row, and every stride-th row. */
    void addPicked(Tensor part, long[] each) {
        if (picked != null) {
            settle();
        }
        picked = part;
        stride = each;
    }

    /** The whole, which is the caller's now. */
    Tensor take() {
        settle();
        Tensor whole = Objects.requireNonNull(sum, "nothing has come to a register that is read");
        sum = null;
        return whole;
    }

    private void settle() {
        if (picked == null) {
            return;
        }
        if (sum == null) {
            try (Tensor zeros = torch.zeros(shape, picked.options())) {
                sum = zeros.contiguous(MemoryFormat.ChannelsLast);
            }
        }
        try (Tensor places = pick(sum, stride)) {
            places.add_(picked);
        }
        picked.close();
        picked = null;
    }

    /** A view of every stride-th pixel. */
    static Tensor pick(Tensor image, long[] stride) {
        try (LongOptional first = new LongOptional(0); LongOptional height = new LongOptional(image.size(2));
                LongOptional width = new LongOptional(image.size(3)); Tensor rows = image.slice(2, first, height, stride[0])) {
            return rows.slice(3, first, width, stride[1]);
        }
    }
}
