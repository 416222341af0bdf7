package org.mmard.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A reader of something that comes from elsewhere, and mutated inputs for it. Implementations are public and have a public constructor
 * without arguments.
 */
public interface FuzzedReader {
    /** One word for tables and folders, such as {@code model-zip}. */
    String name();

    /** Writes one input into an empty folder. The same random numbers give the same bytes; nothing else may decide. */
    void write(Path folder, SplittableRandom random) throws IOException;

    /**
     * Reads the input as the product does. To come back is to accept it.
     *
     * @throws org.mmard.failure.InputError to refuse it, with one printable line
     * @throws Exception a fault, like every other end
     */
    void read(Path folder) throws Exception;
}
