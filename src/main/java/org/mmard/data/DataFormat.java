package org.mmard.data;

import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.mmard.registry.Named;

/**
 * A way in which data sets lie in files. A jar on the class path may bring more of them as services of this interface; they are asked
 * before the built-in ones.
 */
public interface DataFormat extends Named {
    /** What a place of this format has, to follow "has the files of neither", such as {@code CIFAR-100 (train.bin, ..., test.bin)}. */
    String description();

    /**
     * The data set at a place, found by the names of its files: no images are read.
     *
     * @param uri of a folder or file, as a user gives it
     * @param hadoop how Hadoop's filesystems are reached
     * @return nothing where the place is missing, or is of another format
     * @throws org.mmard.failure.InputError where it is of this format and damaged, or cannot be looked at
     */
    Optional<DataSource> open(String uri, Configuration hadoop);
}
