package org.mmard.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * A tensor as PyTorch saves it: a view of a storage, which other tensors may share.
 *
 * @param offset of its first element in the storage
 * @param shape one size per dimension
 * @param strides one per dimension. All in elements
 */
record TorchTensor(Storage storage, long offset, long[] shape, long[] strides) {

    /**
     * @param key its name in the file
     * @param length in elements
     */
    record Storage(TorchElement element, String key, long length) {}

    /**
     * All elements in row-major order.
     *
     * @param content of the storage, whole
     * @throws IOException with a message to follow the tensor's name, where they are no finite floating-point numbers or are not all in the
     *     storage
     */
    float[] values(ByteBuffer content) throws IOException {
        if (!storage.element.isFloating()) {
            throw new IOException(
                    "its elements are of type " + storage.element.name().toLowerCase(Locale.ROOT) + ", not floating-point numbers");
        }
        requireInside();
        float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        long[] index = new long[shape.length];
        long at = offset;
        for (int i = 0; i < values.length; i++) {
            values[i] = storage.element.read(content, Math.toIntExact(at));
            if (!Float.isFinite(values[i])) {
                throw new IOException("element " + i + " is " + values[i]);
            }
            for (int d = index.length - 1; d >= 0; d--) {
                at += strides[d];
                if (++index[d] < shape[d]) {
                    break;
                }
                at -= strides[d] * shape[d];
                index[d] = 0;
            }
        }
        return values;
    }

    private void requireInside() throws IOException {
        try {
            boolean negative = offset < 0;
            long last = offset;
            boolean empty = false;
            for (int d = 0; d < shape.length; d++) {
                negative |= shape[d] < 0 || strides[d] < 0;
                empty |= shape[d] == 0;
                last = Math.addExact(last, Math.multiplyExact(shape[d] - 1, strides[d]));
            }
            if (negative || (!empty && last >= storage.length)) {
                throw leaves();
            }
        } catch (ArithmeticException e) {
            throw leaves();
        }
    }

    private IOException leaves() {
        return new IOException("shape " + Arrays.toString(shape) + " with strides " + Arrays.toString(strides) + " at offset " + offset
                + " leaves its storage of " + storage.length + " elements");
    }
}
