package org.mmard.step;

import org.mmard.data.Augmentation;
import org.mmard.data.ImageSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A minibatch as it travels: which records, and its place in the run. The images are looked up where they are needed.
 *
 * @param epoch from 0
 * @param index the batch's number in the epoch over all executors, from 0
 * @param records record ids, at least one
 */
public record TrainingBatch(int epoch, int index, int[] records) {

    /**
     * As DL4J's iterators want it: one "example" whose features are the record ids [1, records] and whose labels are (epoch, index) [1, 2].
     */
    public MultiDataSet toMultiDataSet() {
        return new MultiDataSet(
                Nd4j.createFromArray(new int[][] {records}),
                Nd4j.createFromArray(new int[][] {{epoch, index}}));
    }

    /** The batch that {@link #toMultiDataSet()} made these features and labels from. */
    static TrainingBatch of(org.nd4j.linalg.api.ndarray.INDArray features, org.nd4j.linalg.api.ndarray.INDArray labels) {
        return new TrainingBatch(labels.getInt(0, 0), labels.getInt(0, 1), features.reshape(features.length()).toIntVector());
    }

    /**
     * The batch's images as floats.
     *
     * @param augment whether they are cropped and flipped, decided by (seed, epoch, record id)
     */
    public Step.Batch load(ImageSet images, long seed, boolean augment) {
        int size = images.shape().size();
        float[] pixels = new float[records.length * size];
        int[] labels = new int[records.length];
        for (int i = 0; i < records.length; i++) {
            labels[i] = images.label(records[i]);
            if (augment) {
                Augmentation.floats(images, records[i], seed, epoch, pixels, i * size);
            } else {
                images.floats(records[i], pixels, i * size);
            }
        }
        return new Step.Batch(images.shape(), pixels, labels, records, seed, epoch);
    }
}
