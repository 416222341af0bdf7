package org.mmard.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.failure.InputError;
import org.mmard.files.Storage;

/**
 * The shapes data as a folder in CIFAR-10's binary layout, with a note of its parameters in {@value #NOTE}. The training records fill the
 * five files evenly, in order.
 *
 * @param train training records
 * @param test test records; both from 10 (one of each class) to 500,000
 */
public record ShapesFolder(int train, int test, long seed) {
    static final String NOTE = "shapes.txt";

    private static final CifarLayout FORMAT = CifarLayout.CIFAR_10;
    private static final int MOST = 500_000;
    /** Rises whenever the painter changes, since the same parameters then mean other images. */
    private static final int GENERATOR = 1;

    /** @throws InputError where a count is out of range */
    public ShapesFolder {
        requireCount("training", train);
        requireCount("test", test);
    }

    private static void requireCount(String part, int records) {
        if (records < FORMAT.classes || records > MOST) {
            throw new InputError(records + " " + part + " records: the shapes data can have " + FORMAT.classes + " to " + MOST);
        }
    }

    /**
     * Writes the folder under a temporary name beside it, and then renames it, so that it is there whole or not at all.
     *
     * @return false where it was already there, with the same parameters: nothing is done then
     * @throws InputError where something else is there, which is left alone, or where nothing can be written
     */
    public boolean write(String uri, Configuration hadoop) {
        Storage folder = Storage.at(uri, hadoop);
        if (folder.path().getParent() == null) {
            throw new InputError(uri + ": is the root of its filesystem, name a folder below it");
        }
        if (isAt(folder)) {
            return false;
        }
        Storage unfinished = folder.sibling("." + folder.path().getName() + ".unfinished-" + UUID.randomUUID());
        try {
            fill(unfinished);
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
        return true;
    }

    /** Whether this very data is at a place already; false where nothing is, or an empty folder. */
    private boolean isAt(Storage folder) {
        FileStatus status = folder.status();
        if (status == null || (status.isDirectory() && CifarFiles.Folder.of(folder).names().isEmpty())) {
            return false;
        }
        if (!status.isDirectory() || !folder.child(NOTE).isFile()) {
            throw new InputError(folder + ": is something else than shapes data, and is left alone; choose another place");
        }
        CifarFiles.Content found = CifarFiles.Folder.of(folder).read(List.of(NOTE), note().length() + 1).get(0);
        if (!new String(found.bytes(), StandardCharsets.UTF_8).equals(note())) {
            throw new InputError(
                    folder + ": is shapes data with other parameters (see " + found.location() + "); remove it, or choose another place");
        }
        recordsByFile().forEach((name, records) -> {
            FileStatus file = folder.child(name).status();
            if (file == null || file.getLen() != (long) records * FORMAT.recordBytes()) {
                throw new InputError(folder.child(name) + ": is missing or damaged; remove " + folder + " and make it again");
            }
        });
        return true;
    }

    private void fill(Storage folder) throws IOException {
        folder.files().mkdirs(folder.path());
        int first = 0;
        for (Map.Entry<String, Integer> file : recordsByFile().entrySet()) {
            boolean forTest = FORMAT.testFiles.contains(file.getKey());
            Shapes.Part part = forTest ? Shapes.Part.TEST : Shapes.Part.TRAIN;
            try (OutputStream out = folder.child(file.getKey()).create()) {
                byte[] record = new byte[FORMAT.recordBytes()];
                for (int i = 0; i < file.getValue(); i++) {
                    int id = forTest ? i : first + i;
                    record[0] = (byte) Shapes.label(id);
                    Shapes.paint(part, id, seed, record, FORMAT.labelBytes);
                    out.write(record);
                }
            }
            first += file.getValue();
        }
        writeText(folder.child(FORMAT.namesFile), String.join("\n", Shapes.CLASS_NAMES) + "\n");
        writeText(folder.child(NOTE), note());
    }

    private static void writeText(Storage file, String text) throws IOException {
        try (OutputStream out = file.create()) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private String note() {
        return "generated by mmard data shapes, version " + GENERATOR + "\ntrain = " + train + "\ntest = " + test + "\nseed = " + seed
                + "\n";
    }

    /** In the order of the records: the training files, then the test file. */
    private Map<String, Integer> recordsByFile() {
        Map<String, Integer> records = new LinkedHashMap<>();
        int files = FORMAT.trainFiles.size();
        for (int file = 0; file < files; file++) {
            records.put(FORMAT.trainFiles.get(file), train * (file + 1) / files - train * file / files);
        }
        records.put(FORMAT.testFiles.get(0), test);
        return records;
    }
}
