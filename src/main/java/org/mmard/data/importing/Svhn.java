package org.mmard.data.importing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.data.ImageRecords;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.RegularFile;
import org.mmard.files.Storage;
import us.hebi.matlab.mat.format.BufferAllocator;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.format.Mat5Reader;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Source;
import us.hebi.matlab.mat.types.Sources;

/**
 * The cropped digits of SVHN: MATLAB files of version 5 with X, uint8 [32, 32, 3, records] (row, column, channel, record, the first index
 * the fastest), and y, [records, 1], in which 10 stands for the digit 0.
 */
final class Svhn implements ImageRecords {
    private static final String TRAIN = "train_32x32.mat";
    private static final String TEST = "test_32x32.mat";
    private static final ImageShape SHAPE = ImageShape.CIFAR;
    private static final int DIGITS = 10;

    private final Storage folder;

    Svhn(String uri, Configuration hadoop) {
        folder = Storage.at(uri, hadoop);
        for (String name : List.of(TRAIN, TEST)) {
            FileStatus status = folder.child(name).status();
            if (status == null || !status.isFile()) {
                throw new InputError(folder.child(name) + ": missing; SVHN is the folder of " + TRAIN + " and " + TEST);
            }
        }
    }

    @Override
    public String title() {
        return "SVHN";
    }

    @Override
    public ImageShape shape() {
        return SHAPE;
    }

    @Override
    public List<String> classNames() {
        return IntStream.range(0, DIGITS).mapToObj(Integer::toString).toList();
    }

    @Override
    public void train(Receiver receiver) {
        read(folder.child(TRAIN), receiver);
    }

    @Override
    public void test(Receiver receiver) {
        read(folder.child(TEST), receiver);
    }

    @Override
    public void close() {}

    private static void read(Storage file, Receiver receiver) {
        Matrix images = null;
        Matrix labels = null;
        try (InputStream in = RegularFile.open(file.files(), file.path()); Source source = Sources.wrapInputStream(in)) {
            for (MatFile.Entry entry : reader(file, source).readMat().getEntries()) {
                images = entry.getName().equals("X") ? (Matrix) entry.getValue() : images;
                labels = entry.getName().equals("y") ? (Matrix) entry.getValue() : labels;
            }
        } catch (InputError e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : Printable.value(e.getMessage());
            throw new InputError(file + ": damaged, or no MATLAB file of version 5 (" + reason + ")", e);
        }
        if (images == null || labels == null) {
            throw new InputError(file + ": has no " + (images == null ? "X" : "y") + "; the cropped digits of SVHN have X and y");
        }
        int records = images.getDimensions()[3];
        if (labels.getNumElements() != records) {
            throw new InputError(file + ": X has " + records + " images, y " + labels.getNumElements() + " labels");
        }
        byte[] pixels = new byte[SHAPE.size()];
        for (int record = 0; record < records; record++) {
            double digit = labels.getDouble(record);
            if (!(digit >= 1 && digit <= DIGITS && digit == Math.rint(digit))) {
                throw new InputError(file + ": label " + digit + " of image " + record + " is no digit, which are 1 to 10");
            }
            int from = record * SHAPE.size();
            for (int i = 0; i < pixels.length; i++) {
                int channel = i / SHAPE.plane();
                int row = i % SHAPE.plane() / SHAPE.width();
                int column = i % SHAPE.width();
                pixels[i] = images.getByte(from + row + SHAPE.height() * (column + SHAPE.width() * channel));
            }
            receiver.add((int) digit % DIGITS, pixels);
        }
    }

    /** Sees what an array is before it is unpacked. */
    private static Mat5Reader reader(Storage file, Source source) {
        long most = Runtime.getRuntime().maxMemory() / 4 * 3;
        Expected expected = new Expected();
        return Mat5.newReader(source).disableSubsystemProcessing().setBufferAllocator(expected).setEntryFilter(header -> {
            int[] dimensions = header.getDimensions();
            expected.bytes = (long) Double.BYTES * header.getNumElements();
            if (header.getName().equals("X")) {
                boolean fits = header.getType() == MatlabType.UInt8 && !header.isComplex() && dimensions.length == 4
                        && dimensions[0] == SHAPE.height() && dimensions[1] == SHAPE.width() && dimensions[2] == SHAPE.channels()
                        && dimensions[3] >= 1;
                if (!fits) {
                    throw new InputError(file + ": X is " + header.getType() + " " + Arrays.toString(dimensions)
                            + ", where SVHN has UInt8 [32, 32, 3, images]");
                }
                if ((long) dimensions[3] * SHAPE.size() > Math.min(most, Integer.MAX_VALUE - 8)) {
                    throw new InputError(file + ": X has " + dimensions[3] + " images, more than fit into the memory of "
                            + (most >> 20) + " MiB; raise MMARD_DRIVER_MEMORY");
                }
                return true;
            }
            // One label for each image; of more than these there cannot be images.
            return header.getName().equals("y") && isNumeric(header.getType()) && !header.isComplex() && dimensions.length == 2
                    && dimensions[0] >= 1 && dimensions[1] == 1 && dimensions[0] <= (Integer.MAX_VALUE - 8) / SHAPE.size();
        });
    }

    /** Memory for what an array can need by its dimensions: the length that its content claims may be any. */
    private static final class Expected implements BufferAllocator {
        private static final int AROUND = 1 << 16;
        private long bytes;

        @Override
        public ByteBuffer allocate(int wanted) {
            if (wanted < 0 || wanted > bytes + AROUND) {
                throw new IllegalArgumentException("an array of " + wanted + " bytes, where its dimensions have " + bytes + " at most");
            }
            return ByteBuffer.allocate(wanted);
        }

        @Override
        public void release(ByteBuffer buffer) {}
    }

    private static boolean isNumeric(MatlabType type) {
        return switch (type) {
            case Double, Single, Int8, UInt8, Int16, UInt16, Int32, UInt32 -> true;
            default -> false;
        };
    }
}
