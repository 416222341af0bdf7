package org.mmard.data;

import java.io.IOException;
import java.util.UUID;
import org.mmard.files.Storage;

/** Writes a folder of data under a temporary name beside it, and then renames it, so that it is there whole or not at all. */
final class WholeFolder {
    private WholeFolder() {}

    /** Writes the files. */
    interface Content {
        void writeTo(Storage folder) throws IOException;
    }

    /**
     * @param folder where nothing is, or an empty folder
     * @throws org.mmard.failure.InputError where it cannot be written
     */
    static void write(Storage folder, Content content) {
        Storage unfinished = folder.sibling("." + folder.path().getName() + ".unfinished-" + UUID.randomUUID());
        try {
            folder.files().mkdirs(unfinished.path());
            content.writeTo(unfinished);
            // Only an empty folder can be in the way here, and only an empty one is removed.
            if (folder.status() != null) {
                folder.files().delete(folder.path(), false);
            }
            if (!folder.files().rename(unfinished.path(), folder.path())) {
                throw new IOException("the finished folder could not be given its name");
            }
        } catch (IOException e) {
            throw Storage.failed(folder.toString(), "cannot be written", e);
        } finally {
            unfinished.deleteQuietly();
        }
    }
}
