package org.mmard.model;

import java.nio.ByteBuffer;

/** The number formats of PyTorch's storages. */
enum TorchElement {
    FLOAT(Float.BYTES),
    DOUBLE(Double.BYTES),
    HALF(Short.BYTES),
    BFLOAT16(Short.BYTES),
    /** Integers and truth values, whose only use in a state dictionary is to be counted past: batches seen, epochs. */
    LONG(Long.BYTES),
    INT(Integer.BYTES),
    SHORT(Short.BYTES),
    CHAR(Byte.BYTES),
    BYTE(Byte.BYTES),
    BOOL(Byte.BYTES);

    private final int bytes;

    TorchElement(int bytes) {
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    boolean isFloating() {
        return this == FLOAT || this == DOUBLE || this == HALF || this == BFLOAT16;
    }

    /** One number of a storage of a floating format, rounded to float32. */
    float read(ByteBuffer storage, int index) {
        return switch (this) {
            case FLOAT -> storage.getFloat(Float.BYTES * index);
            case DOUBLE -> (float) storage.getDouble(Double.BYTES * index);
            case HALF -> half(storage.getShort(Short.BYTES * index));
            case BFLOAT16 -> Float.intBitsToFloat(storage.getShort(Short.BYTES * index) << 16);
            default -> throw new IllegalStateException(this + " is no floating format");
        };
    }

    /** IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. Java itself reads it from version 20 on. */
    private static float half(short bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        float magnitude = switch (exponent) {
            case 0 -> Math.scalb((float) fraction, -24);
            case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Math.scalb((float) (1024 + fraction), exponent - 25);
        };
        return bits < 0 ? -magnitude : magnitude;
    }
}
