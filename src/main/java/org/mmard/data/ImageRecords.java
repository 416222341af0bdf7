package org.mmard.data;

import java.util.List;

/** A data set of a foreign format, record by record, for {@link ImagesFolder#write}. Failures to read it are {@code InputError}s. */
public interface ImageRecords extends AutoCloseable {
    /** Name of the data set, such as {@code SVHN}. */
    String title();

    /** The shape of every image. */
    ImageShape shape();

    /** A name for each class, in the order of the labels. */
    List<String> classNames();

    /** Hands on the training records in their order. */
    void train(Receiver receiver);

    /** Hands on the test records in their order. */
    void test(Receiver receiver);

    @Override
    void close();

    /** Whoever takes the records. */
    interface Receiver {
        /**
         * @param label from 0
         * @param pixels unsigned bytes, [channels, height, width], which may be written over afterwards
         */
        void add(int label, byte[] pixels);
    }
}
