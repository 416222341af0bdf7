package org.mmard.data;

import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Labelled images of one shape, immutable, small enough to be broadcast: one byte per value.
 * Pixels have the shape [records, channels, height, width]: the planes of a record one after the other, each row by row.
 */
public final class ImageSet implements Serializable {
    private static final long serialVersionUID = 1L;

    /** A label is one byte. */
    public static final int MOST_CLASSES = 256;

    private final ImageShape shape;
    private final byte[] pixels;
    private final byte[] labels;
    private final List<String> classNames;

    /**
     * Takes over both arrays: the caller must not change them afterwards.
     *
     * @param shape of each record
     * @param pixels unsigned bytes, [records, channels, height, width]
     * @param labels unsigned bytes, one per record, each below the number of classes
     * @param classNames a name for each class, in the order of the labels
     */
    public ImageSet(ImageShape shape, byte[] pixels, byte[] labels, List<String> classNames) {
        if (pixels.length != (long) labels.length * shape.size()) {
            throw new IllegalArgumentException(
                    pixels.length + " pixel values for " + labels.length + " labels, expected " + shape.size() + " for each");
        }
        this.classNames = List.copyOf(classNames);
        for (int record = 0; record < labels.length; record++) {
            if ((labels[record] & 0xff) >= this.classNames.size()) {
                throw new IllegalArgumentException(
                        "record " + record + " has label " + (labels[record] & 0xff) + " of " + this.classNames.size() + " classes");
            }
        }
        this.shape = shape;
        this.pixels = pixels;
        this.labels = labels;
    }

    /** The shape of each record. */
    public ImageShape shape() {
        return shape;
    }

    /** Number of records. */
    public int size() {
        return labels.length;
    }

    /** Number of classes, whether or not each has records. */
    public int classes() {
        return classNames.size();
    }

    /** A name for each class, in the order of the labels. */
    public List<String> classNames() {
        return classNames;
    }

    /** The class of a record, from 0. */
    public int label(int record) {
        return labels[record] & 0xff;
    }

    /** One value of a record, in [0, 255]; {@code index} counts from 0 through the record's planes. */
    public int value(int record, int index) {
        return pixels[Math.addExact(Math.multiplyExact(record, shape.size()), index)] & 0xff;
    }

    /** Writes the values of a record, divided by 255, to {@code out} from {@code offset} on. */
    public void floats(int record, float[] out, int offset) {
        int size = shape.size();
        int from = Math.multiplyExact(record, size);
        for (int i = 0; i < size; i++) {
            out[offset + i] = (pixels[from + i] & 0xff) / 255f;
        }
    }

    /** All records as {@link #floats(int, float[], int)} gives them: shape [records, channels, height, width]. */
    public float[] floats() {
        float[] all = new float[Math.multiplyExact(size(), shape.size())];
        for (int record = 0; record < size(); record++) {
            floats(record, all, record * shape.size());
        }
        return all;
    }

    /** The first {@code n} records, {@code n} at most {@link #size()}. */
    public ImageSet first(int n) {
        if (n < 0 || n > size()) {
            throw new IllegalArgumentException("the first " + n + " of " + size() + " records");
        }
        return n == size() ? this : new ImageSet(shape, Arrays.copyOf(pixels, n * shape.size()), Arrays.copyOf(labels, n), classNames);
    }

    /** These records, in this order; they are numbered anew from 0. */
    public ImageSet select(int[] records) {
        int size = shape.size();
        byte[] chosenPixels = new byte[Math.multiplyExact(records.length, size)];
        byte[] chosenLabels = new byte[records.length];
        for (int i = 0; i < records.length; i++) {
            System.arraycopy(pixels, Math.multiplyExact(records[i], size), chosenPixels, i * size, size);
            chosenLabels[i] = labels[records[i]];
        }
        return new ImageSet(shape, chosenPixels, chosenLabels, classNames);
    }

    /** SHA-256 of all labels followed by all pixels, in lower-case hexadecimal. */
    public String checksum() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        digest.update(labels);
        digest.update(pixels);
        return HexFormat.of().formatHex(digest.digest());
    }
}
