package org.mmard.step;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.mmard.model.FlatVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A contiguous range of a graph's flat parameter vector.
 *
 * @param start first index
 * @param end one past the last
 * @param state for trainable parameters: index of the range's velocity in the updater state, else -1
 */
public record FlatRange(int start, int end, int state) {
    public int length() {
        return end - start;
    }

    /** The trainable parameters: those with a velocity. Neighbours are merged, in rising order. */
    public static List<FlatRange> trainable(ComputationGraphUpdater updater) {
        return ranges(updater, true);
    }

    /**
     * The running means and variances of batch normalisation: in the parameter vector, but not trained. Neighbours are merged, in rising
     * order.
     */
    public static List<FlatRange> runningStatistics(ComputationGraphUpdater updater) {
        return ranges(updater, false);
    }

    /**
     * The values of these ranges, one after the other.
     *
     * @param parameters a flat vector, such as {@code graph.params()}
     */
    public static float[] values(INDArray parameters, List<FlatRange> ranges) {
        float[] values = new float[ranges.stream().mapToInt(FlatRange::length).sum()];
        FlatVector.use(parameters, bytes -> {
            FloatBuffer flat = bytes.asFloatBuffer();
            int to = 0;
            for (FlatRange range : ranges) {
                flat.get(range.start(), values, to, range.length());
                to += range.length();
            }
        });
        return values;
    }

    /** The CRC-32 of the bits of the values of these ranges, one after the other: replicas and epochs are compared by it. */
    public static long checksum(INDArray parameters, List<FlatRange> ranges) {
        CRC32 checksum = new CRC32();
        FlatVector.use(parameters, bytes -> {
            for (FlatRange range : ranges) {
                checksum.update(bytes.limit(range.end() * Float.BYTES).position(range.start() * Float.BYTES));
            }
        });
        return checksum.getValue();
    }

    /** Writes such values back. */
    public static void assign(INDArray parameters, List<FlatRange> ranges, float[] values) {
        FlatVector.use(parameters, bytes -> {
            FloatBuffer flat = bytes.asFloatBuffer();
            int from = 0;
            for (FlatRange range : ranges) {
                flat.put(range.start(), values, from, range.length());
                from += range.length();
            }
        });
    }

    private static List<FlatRange> ranges(ComputationGraphUpdater updater, boolean trainable) {
        List<FlatRange> merged = new ArrayList<>();
        int state = 0;
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            for (UpdaterBlock.ParamState parameter : block.getLayersAndVariablesInBlock()) {
                boolean statistic = parameter.getParamName().equals("mean") || parameter.getParamName().equals("var");
                // Running statistics have no velocity; nor has what normalises the images, which nothing ever changes.
                boolean moves = !(parameter.getLayer().getConfig().getUpdaterByParam(parameter.getParamName()) instanceof NoOp);
                int length = parameter.getParamOffsetEnd() - parameter.getParamOffsetStart();
                if (trainable ? moves : statistic) {
                    append(merged, new FlatRange(parameter.getParamOffsetStart(), parameter.getParamOffsetEnd(), trainable ? state : -1));
                }
                state += moves ? length : 0;
            }
            if (block.getUpdaterViewOffsetEnd() != state) {
                throw new IllegalArgumentException(
                        "updater state of " + block.getUpdaterViewOffsetEnd() + " values where the parameters up to "
                                + block.getParamOffsetEnd() + " need " + state + ": the configuration's updater must be Nesterovs");
            }
        }
        return merged;
    }

    private static void append(List<FlatRange> merged, FlatRange next) {
        int last = merged.size() - 1;
        if (last >= 0 && merged.get(last).end == next.start) {
            merged.set(last, new FlatRange(merged.get(last).start, next.end, merged.get(last).state));
        } else {
            merged.add(next);
        }
    }
}
