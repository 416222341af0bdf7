package org.mmard.engine;

import java.util.Objects;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** On a way back by hand: what is known so far of J's gradient with respect to a register. */
final class GradientSum {
    private static final Scalar ZERO = new Scalar(0L).retainReference();

    private final long[] shape;
    private @Nullable Tensor sum;
    /** Whether others read the sum's memory too. */
    private boolean shared;
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
        own();
        return sum;
    }

    /** Takes a part over. */
    void add(Tensor part) {
        if (sum == null) {
            sum = part;
        } else {
            add(sum, part);
            part.close();
        }
    }

    /** Adds a part that remains somebody else's too, as it is. */
    void share(Tensor part) {
        if (sum == null) {
            sum = new Tensor(part);
            shared = true;
        } else {
            add(sum, part);
        }
    }

    private void add(Tensor known, Tensor part) {
        if (shared) {
            sum = known.add(part);
            shared = false;
            known.close();
        } else {
            known.add_(part);
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
        own();
        return read();
    }

    /** The whole for a caller that leaves its values as they are, and closes it. */
    Tensor read() {
        settle();
        Tensor whole = Objects.requireNonNull(sum, "nothing has come to a register that is read");
        sum = null;
        shared = false;
        return whole;
    }

    private void settle() {
        if (picked == null) {
            return;
        }
        own();
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

    /** From now on nobody else reads what is known. */
    private void own() {
        Tensor known = sum;
        if (shared && known != null) {
            sum = known.clone();
            shared = false;
            known.close();
        }
    }

    /** ReLU's way back: the gradient stays where the value is positive, and is 0 elsewhere, in place. */
    static void keepPositive(Tensor gradient, Tensor value) {
        if (gradient.scalar_type().intern() == ScalarType.BFloat16) {
            // As integers the values' bits are positive where the values are. LibTorch would bring bfloat16 to float32 and back.
            try (Tensor bits = gradient.view(ScalarType.Short); Tensor valueBits = value.view(ScalarType.Short)) {
                torch.threshold_backward_out(bits, bits, valueBits, ZERO);
            }
        } else {
            torch.threshold_backward_out(gradient, gradient, value, ZERO);
        }
    }

    /** A view of every stride-th pixel. */
    static Tensor pick(Tensor image, long[] stride) {
        try (LongOptional first = new LongOptional(0); LongOptional height = new LongOptional(image.size(2));
                LongOptional width = new LongOptional(image.size(3)); Tensor rows = image.slice(2, first, height, stride[0])) {
            return rows.slice(3, first, width, stride[1]);
        }
    }
}
