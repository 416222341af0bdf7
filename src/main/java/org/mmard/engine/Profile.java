package org.mmard.engine;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of a step goes, while somebody asks ({@link #during}); nothing is measured otherwise. One thread's wall time, on a
 * processor: there an operation is over when its call returns.
 *
 * <p>A pass back through a network is one call of LibTorch's. Its parts are told apart by hooks: the gradient of an operation's result is
 * ready just before the operation's own way back runs.
 */
public final class Profile {
    /** What time is spent on. Of networks, the way there and the way back are one part. */
    public enum Part {
        CONVOLUTION, BATCH_NORM,
        /** ReLU, swish, additions, padding. */
        ELEMENT_WISE,
        /** Global mean and dense layers. */
        HEAD,
        /** Casts and memory layout of images and their gradients. */
        LAYOUT,
        /** The attacked student's snapshot: batch norm folded, weights cast and laid out. */
        SNAPSHOT,
        /** Objectives' values and their gradients with respect to logits. */
        LOSS,
        /** Random starts of an attack. */
        START,
        /** Signs, steps and projections of images. */
        IMAGES,
        /** Of images, logits and their gradients between the JVM's arrays and LibTorch. */
        COPY
    }

    private static volatile @Nullable Profile current;

    private final Map<Part, Long> nanoseconds = new EnumMap<>(Part.class);
    /** One for each part of networks: JavaCPP has room for ten functions of a kind, not for one for each layer. */
    private final Map<Part, VoidTensorHook> hooks = new EnumMap<>(Part.class);
    private @Nullable Part running;
    private long since;

    private Profile() {}

    /**
     * The seconds that {@code work} spends on each part; what is none of them is in none. The work takes a little longer than it would
     * otherwise. To be called by one thread at a time, whose own work is measured.
     */
    public static Map<Part, Double> during(Runnable work) {
        Profile profile = new Profile();
        current = profile;
        try {
            work.run();
        } finally {
            current = null;
            profile.hooks.values().forEach(Pointer::releaseReference);
        }
        Map<Part, Double> seconds = new EnumMap<>(Part.class);
        profile.nanoseconds.forEach((part, time) -> seconds.put(part, time / 1e9));
        return seconds;
    }

    /** Does something, as a part of the time that is measured. Of parts within parts the inner one counts. */
    public static <T> T time(Part part, Supplier<T> work) {
        Profile profile = current;
        if (profile == null) {
            return work.get();
        }
        Part outer = profile.turn(part);
        try {
            return work.get();
        } finally {
            profile.turn(outer);
        }
    }

    /** The same, for what gives nothing back. */
    public static void run(Part part, Runnable work) {
        time(part, () -> {
            work.run();
            return true;
        });
    }

    /** As {@link #time}, and the way back through what comes out of it counts as the same part. */
    static Tensor forward(Part part, Supplier<Tensor> operation) {
        Tensor result = time(part, operation);
        Profile profile = current;
        if (profile != null && result.requires_grad()) {
            result.register_hook(profile.hook(part));
        }
        return result;
    }

    /** A way back through a network, whose hooks say what runs. */
    static void backward(Runnable pass) {
        run(Part.HEAD, pass);
    }

    /** From now on the time is that of {@code part}, or of none. */
    private @Nullable Part turn(@Nullable Part part) {
        long now = System.nanoTime();
        Part before = running;
        if (before != null) {
            nanoseconds.merge(before, now - since, Long::sum);
        }
        running = part;
        since = now;
        return before;
    }

    private VoidTensorHook hook(Part part) {
        return hooks.computeIfAbsent(part, which -> {
            VoidTensorHook hook = new VoidTensorHook() {
                @Override
                public void call(TensorBase gradient) {
                    turn(which);
                }
            };
            // Longer than the scope of the layer that is first of its kind.
            hook.retainReference();
            return hook;
        });
    }
}
