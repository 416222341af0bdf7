package org.mmard.data;

import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.mmard.files.Storage;

/** The folders that {@code mmard data import} writes: {@link ImagesFolder}. */
final class ImagesFormat implements DataFormat {
    @Override
    public String name() {
        return "images";
    }

    @Override
    public String description() {
        return "imported images (" + ImagesFolder.DESCRIPTION + ")";
    }

    @Override
    public Optional<DataSource> open(String uri, Configuration hadoop) {
        Storage folder = Storage.at(uri, hadoop);
        return folder.isFolder() && folder.child(ImagesFolder.DESCRIPTION).status() != null
                ? Optional.of(ImagesFolder.open(folder)) : Optional.empty();
    }
}
