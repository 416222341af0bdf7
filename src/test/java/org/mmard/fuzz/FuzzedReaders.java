package org.mmard.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import org.mmard.app.FuzzedLedger;
import org.mmard.app.FuzzedPublication;
import org.mmard.config.FuzzedHocon;
import org.mmard.config.FuzzedOverride;
import org.mmard.data.FuzzedCifarArchive;
import org.mmard.data.FuzzedCifarFolder;
import org.mmard.data.FuzzedCorruptedImages;
import org.mmard.data.FuzzedImagesFolder;
import org.mmard.data.importing.FuzzedPublished;
import org.mmard.files.FuzzedNpy;
import org.mmard.model.FuzzedModelZip;
import org.mmard.model.FuzzedTorchFile;
import org.mmard.report.FuzzedEvaluation;
import org.mmard.report.FuzzedGrid;
import org.mmard.report.FuzzedRunDirectory;
import org.mmard.run.FuzzedCheckpointState;
import org.mmard.run.FuzzedLock;
import org.mmard.spark.sync.FuzzedUpdate;
import org.mmard.verify.FuzzedManifest;

/** All readers that are fuzzed. */
final class FuzzedReaders {
    private static final List<FuzzedReader> ALL = List.of(
            new FuzzedCifarFolder(),
            new FuzzedCifarArchive(),
            new FuzzedImagesFolder(),
            new FuzzedCorruptedImages(),
            new FuzzedPublished.Pickled(),
            new FuzzedPublished.Digits(),
            new FuzzedPublished.Tiny(),
            new FuzzedPublished.Folders(),
            new FuzzedNpy(),
            new FuzzedModelZip(),
            new FuzzedTorchFile.Archive(),
            new FuzzedTorchFile.Legacy(),
            new FuzzedTorchFile.Opcodes(),
            new FuzzedHocon(),
            new FuzzedOverride(),
            new FuzzedRunDirectory(),
            new FuzzedEvaluation(),
            new FuzzedGrid(),
            new FuzzedLedger(),
            new FuzzedPublication(),
            new FuzzedLock(),
            new FuzzedCheckpointState(),
            new FuzzedManifest(),
            new FuzzedUpdate());

    private FuzzedReaders() {}

    /** @param names with commas between, or null for all */
    static List<FuzzedReader> named(String names) {
        return names == null ? ALL : Arrays.stream(names.split(",")).map(FuzzedReaders::one).toList();
    }

    private static FuzzedReader one(String name) {
        return ALL.stream().filter(reader -> reader.name().equals(name)).findFirst()
                .orElseThrow(() -> new NoSuchElementException(
                        "no reader " + name + ", there are " + ALL.stream().map(FuzzedReader::name).toList()));
    }
}
