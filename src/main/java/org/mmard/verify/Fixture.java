package org.mmard.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.files.Npy;

/** A folder of a {@code manifest.json} and {@code .npy} arrays. It knows which arrays were asked for: one that nobody reads is an error. */
final class Fixture {
    /** A size of any length. */
    static final int ANY = -1;
    /** What all networks of fixtures are for. */
    static final ImageShape SHAPE = ImageShape.CIFAR;
    private static final String SUFFIX = ".npy";

    private final Path folder;
    private final Manifest manifest;
    private final Set<String> names;
    private final Set<String> read = new HashSet<>();

    /** @throws InputError where the manifest is wrong, or names an array that the folder does not have */
    Fixture(Path folder) {
        this.folder = folder;
        manifest = ManifestReader.read(manifestFile());
        try (Stream<Path> files = Files.list(folder)) {
            names = new TreeSet<>(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length())).toList());
        } catch (IOException e) {
            throw new InputError(folder + ": cannot be listed: " + e.getMessage(), e);
        }
        manifest.shapes().keySet().stream().filter(name -> !names.contains(name)).findFirst().ifPresent(name -> {
            throw missing(name, manifestFile() + " lists it");
        });
    }

    Manifest manifest() {
        return manifest;
    }

    Path manifestFile() {
        return folder.resolve("manifest.json");
    }

    /** Names of all arrays in the folder, without {@code .npy}, sorted. */
    Set<String> names() {
        return names;
    }

    boolean has(String name) {
        return names.contains(name);
    }

    /**
     * @param shape what the array must have, {@link #ANY} where any size will do
     * @throws InputError naming the file, where it is absent, broken or of another shape than this or the manifest's
     */
    Npy array(String name, int... shape) {
        Npy array = arrayOfAnyShape(name);
        boolean fits = shape.length == array.shape().length;
        for (int i = 0; fits && i < shape.length; i++) {
            fits = shape[i] == ANY || shape[i] == array.shape()[i];
        }
        if (!fits) {
            throw new InputError(file(name) + ": has shape " + Arrays.toString(array.shape()) + ", expected "
                    + Arrays.toString(shape).replace(Integer.toString(ANY), "any"));
        }
        return array;
    }

    /** @throws InputError naming the file, where it is absent, broken or of another shape than the manifest's */
    Npy arrayOfAnyShape(String name) {
        if (!has(name)) {
            throw missing(name, "this fixture needs it");
        }
        read.add(name);
        Npy array = Npy.read(file(name));
        int[] listed = manifest.shapes().get(name);
        if (listed != null && !Arrays.equals(listed, array.shape())) {
            throw new InputError(
                    file(name) + ": has shape " + Arrays.toString(array.shape()) + ", the manifest says " + Arrays.toString(listed));
        }
        return array;
    }

    /**
     * Class numbers.
     *
     * @param examples how many, or {@link #ANY}
     * @throws InputError as {@link #array}, and where one is no whole number from 0 to below {@code classes}
     */
    int[] labels(String name, int examples, int classes) {
        Npy array = array(name, examples);
        for (double label : array.values()) {
            if (!(label >= 0 && label < classes && label == Math.rint(label))) {
                throw new InputError(file(name) + ": " + label + " is no class; there are " + classes + ", counted from 0");
            }
        }
        return array.ints();
    }

    /**
     * A batch of images.
     *
     * @throws InputError as {@link #array}, and where a value is outside [0, 1]
     */
    Npy images(String name) {
        Npy images = array(name, manifest.batch(), SHAPE.channels(), SHAPE.height(), SHAPE.width());
        for (double value : images.values()) {
            if (!(value >= 0 && value <= 1)) {
                throw new InputError(file(name) + ": holds " + value + "; an image's values lie in 0 to 1");
            }
        }
        return images;
    }

    /** @throws InputError where the manifest has no {@code tri_norm} */
    double triangleSmoothing() {
        if (manifest.triangleSmoothing() == null) {
            throw new InputError(manifestFile() + ": tri_norm is missing: a triangle needs it, as \"sqrt(sum v^2 + 1e-8)\"");
        }
        return manifest.triangleSmoothing();
    }

    /** @throws InputError naming the first array that was never asked for */
    void requireAllRead() {
        names.stream().filter(name -> !read.contains(name)).findFirst().ifPresent(name -> {
            throw new InputError(file(name) + ": nothing in the manifest or the format says what this array is");
        });
    }

    Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }

    private InputError missing(String name, String why) {
        return new InputError(file(name) + ": there is no such file, but " + why);
    }
}
