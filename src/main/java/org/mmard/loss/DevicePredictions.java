package org.mmard.loss;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.engine.LibTorch;

/**
 * {@link Predictions} on the device: float64 tensors of shape [examples, classes] of the current scope. For losses that must not wait for
 * the host.
 */
public final class DevicePredictions {
    private final Tensor labels;
    private final Map<Prediction, Tensor> logits;

    private DevicePredictions(Tensor labels, Map<Prediction, Tensor> logits) {
        this.labels = labels;
        this.logits = logits;
    }

    /** What the host knows already, as constants. */
    public static DevicePredictions of(Predictions known) {
        Map<Prediction, Tensor> logits = new EnumMap<>(Prediction.class);
        for (Prediction which : Prediction.values()) {
            if (known.has(which)) {
                logits.put(which, LibTorch.tensor(known.get(which)).to(ScalarType.Double));
            }
        }
        return new DevicePredictions(LibTorch.indices(known.labels()).view(-1, 1), logits);
    }

    /** Another collection with the same predictions, to which more may be added. */
    public DevicePredictions copy() {
        return new DevicePredictions(labels, new EnumMap<>(logits));
    }

    /**
     * Sets or replaces a prediction.
     *
     * @param values float32 or float64
     */
    public DevicePredictions with(Prediction which, Tensor values) {
        logits.put(which, values.to(ScalarType.Double));
        return this;
    }

    Tensor get(Prediction which) {
        Tensor found = logits.get(which);
        if (found == null) {
            throw new IllegalStateException(which.symbol() + " was not computed");
        }
        return found;
    }

    /** Each example's logit of its label, [examples, 1]. */
    Tensor ofLabel(Prediction which) {
        return get(which).gather(1, labels);
    }

    /** The logits with minus infinity in the place of each label's. */
    Tensor ofOthers(Prediction which) {
        return get(which).scatter(1, labels, new Scalar(Double.NEGATIVE_INFINITY));
    }
}
