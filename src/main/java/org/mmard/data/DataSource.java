package org.mmard.data;

import java.util.List;

/** A labelled data set at some place, found but not read yet. Every failure to read it is an {@code InputError} that names the file. */
public interface DataSource {
    /** For the number of examples: all there are. */
    int ALL = 0;

    /** What kind of data set it is, for people, such as {@code CIFAR-10 binary}. */
    String title();

    /** The shape of every image. */
    ImageShape shape();

    /** A name for each class, in the order of the labels. */
    List<String> classNames();

    /** @param examples the first so many training records, or {@link #ALL} */
    ImageSet train(int examples);

    /** @param examples the first so many test records, or {@link #ALL} */
    ImageSet test(int examples);
}
