package org.mmard.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The generated shapes data: ten classes of 32x32 images, told apart by form alone, with as many records of each class, to within one.
 * A record is decided by (seed, part, record id) alone, so that a smaller set is the beginning of a larger one; its label is its id modulo
 * 10.
 */
public final class Shapes {
    static final ImageShape SHAPE = ImageShape.CIFAR;
    static final List<String> CLASS_NAMES = Arrays.stream(ShapeForm.values()).map(form -> form.name().toLowerCase(Locale.ROOT)).toList();

    private Shapes() {}

    /**
     * The images of one seed are two endless series, one to train on and one to test on. The codes are part of the data: never renumber
     * them.
     */
    enum Part {
        TRAIN(0),
        TEST(1);

        private final int code;

        Part(int code) {
            this.code = code;
        }
    }

    /** The first {@code records} training images of a seed. */
    public static ImageSet train(int records, long seed) {
        return generate(Part.TRAIN, records, seed);
    }

    /** The first {@code records} test images of a seed. */
    public static ImageSet test(int records, long seed) {
        return generate(Part.TEST, records, seed);
    }

    private static ImageSet generate(Part part, int records, long seed) {
        byte[] pixels = new byte[Math.multiplyExact(records, SHAPE.size())];
        byte[] labels = new byte[records];
        for (int record = 0; record < records; record++) {
            labels[record] = (byte) label(record);
            paint(part, record, seed, pixels, record * SHAPE.size());
        }
        return new ImageSet(SHAPE, pixels, labels, CLASS_NAMES);
    }

    static int label(int record) {
        return record % ShapeForm.values().length;
    }

    /** Writes the pixels of one record to {@code out} from {@code offset} on. */
    static void paint(Part part, int record, long seed, byte[] out, int offset) {
        ShapeForm form = ShapeForm.values()[label(record)];
        ShapePainter.paint(form, RandomStreams.stream(RandomStreams.Purpose.SHAPES, seed, part.code, record), out, offset);
    }
}
