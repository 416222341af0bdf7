package org.mmard.attack;

import java.io.Serializable;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.mmard.config.Settings;
import org.mmard.data.RandomStreams;
import org.mmard.engine.LibTorch;

/**
 * Where an attack starts: a perturbation drawn per example from (seed, epoch, record id), so that it is the same whatever batch or executor
 * the example is in.
 *
 * @param kind none, gaussian (scale * N(0, 1)) or uniform (U(-scale, scale))
 * @param scale standard deviation or half width, in [0, 1] image units
 * @param clip whether the start is clipped to [0, 1] before the first gradient
 */
public record Starts(Kind kind, double scale, boolean clip) implements Serializable {
    public enum Kind { NONE, GAUSSIAN, UNIFORM }

    /** The start that the settings describe: uniform fills the whole ball, gaussian has its own scale. */
    public static Starts of(Settings.Attack settings) {
        Kind kind = Kind.valueOf(settings.start().name());
        return new Starts(kind, kind == Kind.UNIFORM ? settings.epsilon() : settings.startScale(), settings.clipStart());
    }

    /**
     * The starting points x'_0 of a batch of training.
     *
     * @param natural x, shape [examples, channels, height, width]
     * @param records record id of each example
     * @return a tensor of the current scope
     */
    public Tensor from(Tensor natural, RandomStreams.Purpose purpose, long seed, long epoch, int[] records) {
        return from(natural, record -> RandomStreams.stream(purpose, seed, epoch, record), records);
    }

    /** The starting points of an attack's first run over a batch. */
    public Tensor from(Tensor natural, RandomSource random, int[] records) {
        return from(natural, (int record) -> random.stream(record, 0), records);
    }

    /** The same, with the stream of each record given. */
    Tensor from(Tensor natural, IntFunction<? extends RandomGenerator> streams, int[] records) {
        if (kind == Kind.NONE) {
            return natural;
        }
        return at(natural, LibTorch.images(LibTorch.shape(natural), noise(LibTorch.shape(natural).size(), streams, records)));
    }

    /** The starting points for given noise: x + noise, clipped where starts are. A tensor of the current scope. */
    public Tensor at(Tensor natural, Tensor noise) {
        Tensor start = natural.add(noise);
        return clip ? start.clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(1.0))) : start;
    }

    private float[] noise(int size, IntFunction<? extends RandomGenerator> streams, int[] records) {
        float[] noise = new float[records.length * size];
        for (int i = 0; i < records.length; i++) {
            RandomGenerator random = streams.apply(records[i]);
            for (int at = i * size; at < (i + 1) * size; at++) {
                noise[at] = (float) (scale * (kind == Kind.GAUSSIAN ? random.nextGaussian() : 2 * random.nextDouble() - 1));
            }
        }
        return noise;
    }
}
