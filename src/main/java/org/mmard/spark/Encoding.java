package org.mmard.spark;

import java.nio.ByteBuffer;
import org.mmard.config.Settings;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The threshold encoding of updates (Strom, "Scalable distributed DNN training using commodity GPU cloud computing", Interspeech 2015), by
 * DL4J's bitmap codec: in a pass, each value is sent as 0, +-threshold or -threshold/2 in two bits, and what was sent is taken off the vector.
 * The next pass, with half the threshold, encodes what is left. So P passes, the last with threshold t, bring every value of up to 2^P t to within t.
 *
 * @param relative whether the last threshold is {@code value} times the root mean square of the vector, or {@code value} itself
 * @param passes per update; 0 for exact float32 values instead
 */
record Encoding(boolean relative, double value, int passes) {
    private static final int EXACT = 0;

    static Encoding of(Settings.Threshold settings) {
        return switch (settings.algorithm()) {
            case "relative" -> new Encoding(true, settings.value(), settings.passes());
            case "fixed" -> new Encoding(false, settings.value(), settings.passes());
            case "exact" -> new Encoding(false, 0, EXACT);
            default -> throw new IllegalArgumentException("no threshold algorithm is called " + settings.algorithm());
        };
    }

    /**
     * Encodes a vector and leaves in it what was not sent.
     *
     * @param exact whether nothing may be left: float32 values are sent
     */
    byte[] encode(INDArray vector, boolean exact) {
        if (exact || passes == EXACT) {
            float[] values = vector.toFloatVector();
            vector.assign(0);
            ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * values.length).putInt(EXACT);
            bytes.asFloatBuffer().put(values);
            return bytes.array();
        }
        int words = Math.toIntExact(vector.length() / 16 + 5);
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * words * passes).putInt(passes);
        double threshold = Math.scalb(finest(vector), passes - 1);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces(); INDArray encoded = Nd4j.create(DataType.INT32, words)) {
            for (int pass = 0; pass < passes; pass++, threshold /= 2) {
                encoded.assign(0);
                Nd4j.getExecutioner().bitmapEncode(vector, encoded, threshold);
                for (int word : encoded.toIntVector()) {
                    bytes.putInt(word);
                }
            }
        }
        return bytes.array();
    }

    private double finest(INDArray vector) {
        double rootMeanSquare = vector.norm2Number().doubleValue() / Math.sqrt(vector.length());
        // An all-zero vector needs some threshold too.
        return relative ? Math.max(value * rootMeanSquare, Float.MIN_NORMAL) : value;
    }

    /** Adds what {@link #encode} sent to {@code target}. */
    static void decode(byte[] bytes, INDArray target) {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        int passes = from.getInt();
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            if (passes == EXACT) {
                float[] values = new float[Math.toIntExact(target.length())];
                from.asFloatBuffer().get(values);
                try (INDArray update = Nd4j.createFromArray(values)) {
                    target.addi(update);
                }
                return;
            }
            int[] words = new int[from.remaining() / 4 / passes];
            for (int pass = 0; pass < passes; pass++) {
                from.asIntBuffer().get(words);
                from.position(from.position() + 4 * words.length);
                try (INDArray encoded = Nd4j.createFromArray(words)) {
                    Nd4j.getExecutioner().bitmapDecode(encoded, target);
                }
            }
        }
    }
}
