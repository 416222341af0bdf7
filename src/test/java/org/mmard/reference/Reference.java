package org.mmard.reference;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.mmard.files.Npy;

/** The reference vectors beside the repository. Asking for one where they are absent skips the test, with a message. */
public final class Reference {
    private static final Path SHARED = Path.of("..", "shared");

    private Reference() {}

    /** An array of {@code reference/golden}, by its name without {@code .npy}. */
    public static Npy golden(String name) {
        return Npy.read(folder("golden").resolve(name + ".npy"));
    }

    /** A folder or file of {@code ../shared/reference}. */
    public static Path folder(String name) {
        return require(SHARED.resolve("reference").resolve(name));
    }

    /** A file of {@code ../shared}; skips the calling test where it is absent. */
    public static Path require(Path path) {
        Assumptions.assumeTrue(Files.exists(path), () -> "skipped: " + path + " is not here");
        return path;
    }
}
