package org.mmard.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.files.Storage;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/** Finds out of which format the data at a place is. */
public final class DataSources {
    private static final Registry<DataFormat> FORMATS =
            new Registry<>(DataFormat.class, "data format", List.of(new CifarBinary(), new ImagesFormat()));

    private DataSources() {}

    /**
     * The data set at a URI, without reading its images.
     *
     * @throws InputError where nothing is there, or nothing of a format that anybody knows
     */
    public static DataSource open(String uri, Configuration hadoop) {
        List<DataFormat> formats = FORMATS.all();
        // The last ones first: a format from a jar may know a scheme that Hadoop does not.
        List<DataFormat> asked = new ArrayList<>(formats);
        Collections.reverse(asked);
        for (DataFormat format : asked) {
            Optional<DataSource> source = Outside.ask(format, () -> format.open(uri, hadoop).map(DataSources::guarded));
            if (source.isPresent()) {
                return source.get();
            }
        }
        Storage place = Storage.at(uri, hadoop);
        if (place.status() == null) {
            throw new InputError(uri + ": no such file or folder");
        }
        if (place.isFile() && !CifarBinary.isArchive(uri)) {
            throw new InputError(uri + ": is a file, expected the folder it lies in, or a "
                    + CifarLayout.CIFAR_10.archive + " or " + CifarLayout.CIFAR_100.archive);
        }
        if (place.child("data_batch_1").isFile() || (place.child("meta").isFile() && place.child("train").isFile())) {
            throw new InputError(
                    uri + ": is CIFAR's Python version; mmard data import --from cifar-python makes a folder of it that is read here");
        }
        if (place.isFile() && uri.contains("-python")) {
            throw new InputError(uri + ": has no files of the binary version. Of CIFAR's Python version, unpacked, "
                    + "mmard data import --from cifar-python makes a folder that is read here");
        }
        throw new InputError(uri + ": has the files of neither "
                + formats.stream().map(DataFormat::description).collect(Collectors.joining(" nor ")));
    }

    private static DataSource guarded(DataSource source) {
        return Outside.isOurs(source) ? source : new FromOutside(source);
    }

    /** A data set of a format that another jar brings. */
    private record FromOutside(DataSource source) implements DataSource {
        @Override
        public String title() {
            return Outside.ask(source, source::title);
        }

        @Override
        public ImageShape shape() {
            return Outside.ask(source, source::shape);
        }

        @Override
        public List<String> classNames() {
            return Outside.ask(source, source::classNames);
        }

        @Override
        public ImageSet train(int examples) {
            return Outside.ask(source, () -> source.train(examples));
        }

        @Override
        public ImageSet test(int examples) {
            return Outside.ask(source, () -> source.test(examples));
        }
    }
}
