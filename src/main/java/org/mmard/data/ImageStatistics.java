package org.mmard.data;

/**
 * What a set of images is like.
 *
 * @param counts records of each class
 * @param mean mean of each channel over records and pixels, in [0, 1]
 * @param deviation standard deviation of each channel over records and pixels (divided by their number), in [0, 1]
 */
public record ImageStatistics(int[] counts, double[] mean, double[] deviation) {

    /** @param set at least one record */
    public static ImageStatistics of(ImageSet set) {
        if (set.size() == 0) {
            throw new IllegalArgumentException("no records to describe");
        }
        int[] counts = new int[set.classes()];
        int channels = set.shape().channels();
        int size = set.shape().size();
        int plane = set.shape().plane();
        long[] sum = new long[channels];
        long[] squares = new long[channels];
        for (int record = 0; record < set.size(); record++) {
            counts[set.label(record)]++;
            for (int i = 0; i < size; i++) {
                int value = set.value(record, i);
                sum[i / plane] += value;
                squares[i / plane] += (long) value * value;
            }
        }
        double values = (double) set.size() * plane;
        double[] mean = new double[channels];
        double[] deviation = new double[channels];
        for (int channel = 0; channel < channels; channel++) {
            double average = sum[channel] / values;
            mean[channel] = average / 255;
            deviation[channel] = Math.sqrt(Math.max(0, squares[channel] / values - average * average)) / 255;
        }
        return new ImageStatistics(counts, mean, deviation);
    }
}
