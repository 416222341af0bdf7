package org.mmard.export;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The pickle of a state dictionary, protocol 2: a program that calls what {@code torch.save} calls, and nothing else. */
final class StateDictPickle {
    private static final int PROTOCOL = 0x80;
    private static final int FALSE = 0x89;

    private final ByteArrayOutputStream program = new ByteArrayOutputStream();

    /** An {@code OrderedDict} of tensors, the N-th of which has storage N for itself. */
    byte[] dictionary(List<NamedTensor> tensors) {
        code(PROTOCOL).code(2).emptyDictionary().code('(');
        for (int key = 0; key < tensors.size(); key++) {
            text(tensors.get(key).name()).tensor(tensors.get(key), Integer.toString(key));
        }
        code('u').code('.');
        return program.toByteArray();
    }

    /** {@code _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)}. */
    private void tensor(NamedTensor tensor, String key) {
        global("torch._utils", "_rebuild_tensor_v2").code('(').storage(tensor, key).number(0).tuple(tensor.shape())
                .tuple(strides(tensor.shape())).code(FALSE).emptyDictionary().code('t').code('R');
    }

    /** A persistent id: {@code ("storage", type, key, device, length)}. */
    private StateDictPickle storage(NamedTensor tensor, String key) {
        return code('(').text("storage").global("torch", tensor.element().storage()).text(key).text("cpu").number(tensor.length()).code('t')
                .code('Q');
    }

    private StateDictPickle emptyDictionary() {
        return global("collections", "OrderedDict").code(')').code('R');
    }

    private StateDictPickle global(String module, String name) {
        return code('c').ascii(module + "\n" + name + "\n");
    }

    private StateDictPickle tuple(long[] numbers) {
        code('(');
        for (long number : numbers) {
            number(number);
        }
        return code('t');
    }

    private StateDictPickle number(long number) {
        return number < 256 ? code('K').code((int) number) : code('J').little(Math.toIntExact(number));
    }

    private StateDictPickle text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        code('X').little(bytes.length);
        program.writeBytes(bytes);
        return this;
    }

    private StateDictPickle little(int number) {
        program.writeBytes(ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
        return this;
    }

    private StateDictPickle ascii(String text) {
        program.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    private StateDictPickle code(int instruction) {
        program.write(instruction);
        return this;
    }

    private static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= shape[d];
        }
        return strides;
    }
}
