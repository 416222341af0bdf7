package org.mmard.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.files.Storage;

/**
 * CIFAR's official binary layout: the folder of a data set, a folder that has that folder under its official name, or the official
 * {@code -binary.tar.gz}.
 */
final class CifarBinary implements DataFormat {
    @Override
    public String name() {
        return "cifar";
    }

    @Override
    public String description() {
        return Arrays.stream(CifarLayout.values())
                .map(layout -> layout.title + " (" + layout.trainFiles.get(0) + ", ..., " + layout.testFiles.get(0) + ")")
                .collect(Collectors.joining(" nor "));
    }

    static boolean isArchive(String uri) {
        return uri.endsWith(".tar.gz") || uri.endsWith(".tgz");
    }

    @Override
    public Optional<DataSource> open(String uri, Configuration hadoop) {
        Storage place = Storage.at(uri, hadoop);
        if (place.isFile()) {
            return isArchive(uri) ? among(uri, CifarFiles.Archive.of(place)) : Optional.empty();
        }
        if (!place.isFolder()) {
            return Optional.empty();
        }
        Optional<DataSource> here = among(uri, CifarFiles.Folder.of(place));
        if (here.isPresent()) {
            return here;
        }
        List<CifarLayout> below = Arrays.stream(CifarLayout.values()).filter(layout -> place.child(layout.folder).isFolder()).toList();
        return only(uri, below).map(layout -> new Cifar(uri, layout, CifarFiles.Folder.of(place.child(layout.folder))));
    }

    private static Optional<DataSource> among(String uri, CifarFiles files) {
        Set<String> names = files.names();
        List<CifarLayout> layouts = Arrays.stream(CifarLayout.values())
                .filter(layout -> names.containsAll(layout.testFiles) || layout.trainFiles.stream().anyMatch(names::contains))
                .toList();
        return only(uri, layouts).map(layout -> new Cifar(uri, layout, files));
    }

    private static Optional<CifarLayout> only(String uri, List<CifarLayout> layouts) {
        if (layouts.size() > 1) {
            throw new InputError(uri + ": has both CIFAR-10 and CIFAR-100, name the folder of one of them");
        }
        return layouts.stream().findFirst();
    }
}
