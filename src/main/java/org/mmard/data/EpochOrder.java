package org.mmard.data;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The order in which training records are seen: in each epoch a permutation of the record ids decided by (seed, epoch) alone, cut into
 * batches 0, 1, 2, ...; the last batch is shorter where the batch size does not divide the number of records.
 */
public final class EpochOrder implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int[] records;
    private final int batch;
    private final long seed;

    /**
     * @param records ids of the training records, at least one
     * @param batch records per batch, at least 1
     */
    public EpochOrder(int[] records, int batch, long seed) {
        if (records.length == 0 || batch < 1) {
            throw new IllegalArgumentException(records.length + " records in batches of " + batch);
        }
        this.records = records.clone();
        this.batch = batch;
        this.seed = seed;
    }

    /** Batches of an epoch, the last short one counted. */
    public int batchesPerEpoch() {
        return (records.length + batch - 1) / batch;
    }

    /** Record ids of each batch of an epoch, [{@link #batchesPerEpoch()}][batch]. */
    public int[][] batches(int epoch) {
        int[] order = records.clone();
        SplittableRandom stream = RandomStreams.stream(RandomStreams.Purpose.EPOCH_ORDER, seed, epoch, 0);
        RandomStreams.shuffle(order, stream);
        int[][] batches = new int[batchesPerEpoch()][];
        for (int k = 0; k < batches.length; k++) {
            batches[k] = Arrays.copyOfRange(order, k * batch, Math.min(order.length, (k + 1) * batch));
        }
        return batches;
    }
}
