package org.mmard.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.engine.LibTorch;

/**
 * A tensor under the name that PyTorch's users know it by.
 *
 * @param shape none for a single number
 * @param values null where all are zero
 */
record NamedTensor(String name, Element element, long[] shape, @Nullable Tensor values) {
    /** Number formats, as safetensors and PyTorch name them. */
    enum Element {
        FLOAT("F32", "FloatStorage", Float.BYTES),
        LONG("I64", "LongStorage", Long.BYTES);

        private final String code;
        private final String storage;
        private final int bytes;

        Element(String code, String storage, int bytes) {
            this.code = code;
            this.storage = storage;
            this.bytes = bytes;
        }

        String code() {
            return code;
        }

        String storage() {
            return storage;
        }
    }

    static NamedTensor of(String name, Tensor values) {
        return new NamedTensor(name, Element.FLOAT, values.shape(), values);
    }

    /** How many batches a batch norm has seen: PyTorch keeps it, we do not, and no network with a momentum reads it. */
    static NamedTensor counter(String name) {
        return new NamedTensor(name, Element.LONG, new long[0], null);
    }

    long length() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    long size() {
        return length() * element.bytes;
    }

    /** All elements in row-major order, little-endian. */
    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size())).order(ByteOrder.LITTLE_ENDIAN);
        if (values != null) {
            bytes.asFloatBuffer().put(LibTorch.values(values));
        }
        return bytes.array();
    }
}
