package org.mmard.files;

import java.io.IOException;
import org.apache.hadoop.fs.Path;

/** That what was to be copied could not be read. */
final class ReadFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final IOException failure;

    ReadFailure(Path file, IOException failure) {
        super(failure.getMessage(), failure);
        this.file = file;
        this.failure = failure;
    }

    Path file() {
        return file;
    }

    IOException failure() {
        return failure;
    }
}
