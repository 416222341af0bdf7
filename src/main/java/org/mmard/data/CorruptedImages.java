package org.mmard.data;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.files.NpyFile;
import org.mmard.files.Storage;

/**
 * Corrupted test images as CIFAR-10-C and CIFAR-100-C publish them (Hendrycks and Dietterich, arXiv 1903.12261): a folder with one
 * {@code NAME.npy} for each corruption, unsigned bytes of shape [5 n, height, width, channels], the n images of severity 1 first, those of
 * severity 5 last, and {@value #LABELS} of shape [5 n], integers. The images of one severity are in memory at a time.
 */
public final class CorruptedImages {
    /** How many severities there are, counted from 1. */
    public static final int SEVERITIES = 5;

    /** Those that the benchmark's mean is over, in the paper's order. */
    public static final List<String> BENCHMARK = List.of("gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur",
            "motion_blur", "zoom_blur", "snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate",
            "jpeg_compression");

    /** Those that it has beside them, meant for validation. */
    private static final List<String> EXTRA = List.of("speckle_noise", "gaussian_blur", "spatter", "saturate");

    private static final String LABELS = "labels.npy";
    private static final String SUFFIX = ".npy";

    private final Storage folder;
    private final ImageShape shape;
    private final List<String> classNames;
    private final List<Corruption> corruptions;
    private final List<String> others;
    /** Images of each severity that the files have, and how many of them are wanted. */
    private final int available;
    private final int examples;
    /** By severity, from 0. */
    private final byte[][] labels = new byte[SEVERITIES][];

    /**
     * A corruption that the folder has.
     *
     * @param name as the benchmark calls it, such as {@code gaussian_noise}
     * @param file of its images
     */
    public record Corruption(String name, NpyFile file) {
        /** Whether the benchmark's mean takes it in. */
        public boolean benchmark() {
            return BENCHMARK.contains(name);
        }
    }

    private CorruptedImages(Storage folder, Map<String, Long> files, ImageShape shape, List<String> classNames, int examples) {
        this.folder = folder;
        this.shape = shape;
        this.classNames = List.copyOf(classNames);
        NpyFile labelled = labels(files);
        int images = labelled.shape()[0];
        available = images / SEVERITIES;
        if (examples > available) {
            throw new InputError(folder + ": has " + available + " images of each severity, fewer than the " + examples + " asked for");
        }
        this.examples = examples == DataSource.ALL ? available : examples;
        RecordMemory.require(folder.toString(), "corrupted", this.examples, shape, shape.size() + SEVERITIES);
        corruptions = Stream.concat(BENCHMARK.stream(), EXTRA.stream()).filter(name -> files.containsKey(name + SUFFIX))
                .map(name -> corruption(name, images)).toList();
        List<String> known = Stream.concat(Stream.of(LABELS), corruptions.stream().map(one -> one.name + SUFFIX)).toList();
        others = files.keySet().stream().filter(name -> name.endsWith(SUFFIX) && !name.startsWith(".") && !known.contains(name)).toList();
        for (int severity = 0; severity < SEVERITIES; severity++) {
            labels[severity] = labels(labelled, severity);
        }
    }

    /**
     * Looks at every file's header and length, and reads the labels.
     *
     * @param uri of the folder
     * @param shape that its images must have
     * @param classNames that its labels must be of
     * @param examples how many images of each severity are wanted, from the first one on; {@link DataSource#ALL} for all
     * @throws InputError naming the folder or the first file that is missing, damaged or something else
     */
    public static CorruptedImages open(String uri, ImageShape shape, List<String> classNames, int examples, Configuration hadoop) {
        Storage folder = Storage.at(uri, hadoop);
        if (folder.status() == null) {
            throw new InputError(uri + ": no such folder");
        }
        if (!folder.isFolder()) {
            throw new InputError(uri + ": is a file; unpack it, as by tar -xf CIFAR-10-C.tar, and name the folder that comes out");
        }
        Map<String, Long> files = CifarFiles.Folder.of(folder).sizes();
        if (Stream.concat(BENCHMARK.stream(), EXTRA.stream()).noneMatch(name -> files.containsKey(name + SUFFIX))) {
            throw new InputError(uri + ": has none of the files of CIFAR-10-C or CIFAR-100-C, such as " + BENCHMARK.get(0) + SUFFIX
                    + "; name the folder that their .tar unpacks to");
        }
        return new CorruptedImages(folder, files, shape, classNames, examples);
    }

    private NpyFile labels(Map<String, Long> files) {
        if (!files.containsKey(LABELS)) {
            throw new InputError(folder.child(LABELS) + ": there is no such file; it comes with the images, copy it there");
        }
        NpyFile file = NpyFile.open(folder.child(LABELS));
        if (file.shape().length != 1 || file.type().startsWith("<f")) {
            throw new InputError(file + ": has shape " + Arrays.toString(file.shape()) + " and type " + file.type()
                    + ", where one axis of whole numbers is wanted, a label for each image");
        }
        int images = file.shape()[0];
        if (images == 0 || images % SEVERITIES != 0) {
            throw new InputError(file + ": has " + images + " labels, which are not those of " + SEVERITIES
                    + " severities of as many images each; copy it again");
        }
        return file;
    }

    private byte[] labels(NpyFile file, int severity) {
        byte[] some = new byte[examples];
        int first = severity * available;
        file.read(first, examples, (index, row) -> {
            double label = file.values(row)[0];
            if (label < 0 || label >= classNames.size()) {
                throw new InputError(file + ": label " + (long) label + " of image " + index + " is none of the data's " + classNames.size()
                        + " classes, counted from 0; name the corrupted images of that data");
            }
            some[index - first] = (byte) label;
        });
        return some;
    }

    private Corruption corruption(String name, int images) {
        NpyFile file = NpyFile.open(folder.child(name + SUFFIX));
        if (!file.type().equals(NpyFile.BYTES)) {
            throw new InputError(
                    file + ": its type is " + file.type() + ", where " + NpyFile.BYTES + " (unsigned bytes) is wanted, images in "
                            + "0 to 255");
        }
        int[] found = file.shape();
        int[] wanted = {images, shape.height(), shape.width(), shape.channels()};
        if (found.length != wanted.length || !Arrays.equals(found, 1, found.length, wanted, 1, wanted.length)) {
            throw new InputError(file + ": has shape " + Arrays.toString(found) + ", where " + Arrays.toString(wanted)
                    + " is wanted, [images, height, width, channels] as the data and the model have them");
        }
        if (found[0] != images) {
            throw new InputError(file + ": has " + found[0] + " images, " + LABELS + " beside it has " + images
                    + " labels; copy the one that is wrong again");
        }
        return new Corruption(name, file);
    }

    /** The folder, as a qualified URI. */
    public String uri() {
        return folder.toString();
    }

    /** Those that are there: the benchmark's in the paper's order, then the extra ones. */
    public List<Corruption> corruptions() {
        return corruptions;
    }

    /** Names of other arrays in the folder, which nobody reads. */
    public List<String> others() {
        return others;
    }

    /** How many images of each severity are wanted. */
    public int examples() {
        return examples;
    }

    /**
     * How many of the images have another label than a data set's at the same place, as far as both go: none where they are the corrupted
     * images of its test set.
     */
    public int labelsOtherThan(ImageSet images) {
        int different = 0;
        for (byte[] some : labels) {
            for (int i = 0; i < Math.min(examples, images.size()); i++) {
                different += (some[i] & 0xff) == images.label(i) ? 0 : 1;
            }
        }
        return different;
    }

    /**
     * The wanted images of one severity, read now.
     *
     * @param severity from 1 to {@value #SEVERITIES}
     * @throws InputError where the file cannot be read any more
     */
    public ImageSet images(Corruption corruption, int severity) {
        int plane = shape.plane();
        byte[] pixels = new byte[examples * shape.size()];
        int first = (severity - 1) * available;
        corruption.file.read(first, examples, (index, row) -> {
            int at = (index - first) * shape.size();
            for (int i = 0; i < row.length; i++) {
                pixels[at + i % shape.channels() * plane + i / shape.channels()] = row[i];
            }
        });
        return new ImageSet(shape, pixels, labels[severity - 1], classNames);
    }
}
