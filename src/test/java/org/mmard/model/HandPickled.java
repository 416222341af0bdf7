package org.mmard.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A file in PyTorch's legacy format, instruction by instruction: for weights that PyTorch itself would not write. */
final class HandPickled {
    private static final String MAGIC = "80028a0a6cfc9c46f9206aa850192e";
    private static final String VERSION = "80024de9032e";
    private static final String MACHINE = "80027d2e";

    private record Storage(String key, long length, float[] content) {}

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    private final List<Storage> storages = new ArrayList<>();

    HandPickled() {
        hex("8002");
    }

    HandPickled hex(String bytes) {
        pickle.writeBytes(HexFormat.of().parseHex(bytes));
        return this;
    }

    HandPickled bytes(byte[] instructions) {
        pickle.writeBytes(instructions);
        return this;
    }

    /** The instructions so far, but for the first, which begins a pickle. */
    byte[] bytes() {
        return Arrays.copyOfRange(pickle.toByteArray(), 2, pickle.size());
    }

    /** The pickle alone. */
    Path writePlain(Path file) throws IOException {
        return Files.write(file, pickle.toByteArray());
    }

    HandPickled ascii(String instructions) {
        pickle.writeBytes(instructions.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    HandPickled text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ascii("X").littleEndian(bytes.length).ascii(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    HandPickled number(int number) {
        return ascii("J").littleEndian(number);
    }

    HandPickled global(String module, String name) {
        return ascii("c" + module + "\n" + name + "\n");
    }

    /** A whole float tensor of a storage of its own. */
    HandPickled tensor(float[] content, int... shape) {
        return tensor("Float", content, content.length, 0, shape, strides(shape));
    }

    HandPickled tensor(String type, float[] content, int length, int offset, int[] shape, int[] strides) {
        String key = Integer.toString(storages.size());
        storages.add(new Storage(key, length, content));
        global("torch._utils", "_rebuild_tensor_v2").ascii("((").text("storage").global("torch", type + "Storage").text(key).text("cpu")
                .number(length);
        return ascii("NtQ").number(offset).tuple(shape).tuple(strides).hex("89").global("collections", "OrderedDict").ascii(")RtR");
    }

    /** The file: what is on top of the stack is what was saved. */
    Path write(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(HexFormat.of().parseHex(MAGIC + VERSION + MACHINE));
            pickle.writeTo(out);
            HandPickled keys = new HandPickled().ascii("](");
            storages.forEach(storage -> keys.text(storage.key));
            out.write(".".getBytes(StandardCharsets.US_ASCII));
            keys.ascii("e.").pickle.writeTo(out);
            for (Storage storage : storages) {
                ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + Float.BYTES * storage.content.length).order(ByteOrder.LITTLE_ENDIAN);
                bytes.putLong(storage.length);
                for (float value : storage.content) {
                    bytes.putFloat(value);
                }
                out.write(bytes.array());
            }
        }
        return file;
    }

    private HandPickled tuple(int[] numbers) {
        ascii("(");
        for (int number : numbers) {
            number(number);
        }
        return ascii("t");
    }

    private HandPickled littleEndian(int number) {
        pickle.writeBytes(ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
        return this;
    }

    static int[] strides(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= shape[d];
        }
        return strides;
    }
}
