package org.mmard.loss;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Logits;
import org.mmard.registry.Outside;

/**
 * sum_i weight_i (1/N) sum_n term_i,n over a batch of N examples. A term of weight 0 is left out altogether: it is not computed, not
 * reported, and what only it would read is not asked for.
 */
public final class WeightedSum implements Objective {
    private final List<Weighted> parts;
    private final Set<Prediction> reads;
    private final Set<Prediction> differentiates;

    /**
     * A term and its factor in a sum.
     *
     * @param weight finite; of either sign, 0 leaves the term out
     */
    public record Weighted(double weight, Term term) implements Serializable {
        public Weighted {
            if (!Double.isFinite(weight)) {
                throw new IllegalArgumentException("weight " + weight + " of " + term.name());
            }
        }
    }

    /** @throws IllegalArgumentException where no term has a weight other than 0, or two have one name */
    public WeightedSum(Weighted... parts) {
        this.parts = Arrays.stream(parts).filter(part -> part.weight() != 0).toList();
        if (this.parts.isEmpty()) {
            throw new IllegalArgumentException("no term with a weight");
        }
        if (terms().stream().distinct().count() < this.parts.size()) {
            throw new IllegalArgumentException("one name twice in " + terms());
        }
        reads = union(Term::reads);
        differentiates = union(Term::differentiates);
    }

    /** One term of weight 1. */
    public static WeightedSum of(Term term) {
        return new WeightedSum(new Weighted(1, term));
    }

    private Set<Prediction> union(Function<Term, Set<Prediction>> some) {
        Set<Prediction> union = EnumSet.noneOf(Prediction.class);
        for (Weighted part : parts) {
            union.addAll(Outside.ask(part.term(), () -> some.apply(part.term())));
        }
        return Collections.unmodifiableSet(union);
    }

    @Override
    public Set<Prediction> reads() {
        return reads;
    }

    @Override
    public Set<Prediction> differentiates() {
        return differentiates;
    }

    @Override
    public List<String> terms() {
        return parts.stream().map(part -> part.term().name()).toList();
    }

    @Override
    public boolean comparesANetworkWithItself() {
        return parts.stream().anyMatch(part -> part.term().comparesANetworkWithItself());
    }

    @Override
    public Value evaluate(Predictions predictions) {
        int examples = predictions.labels().length;
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        for (Prediction which : differentiates) {
            gradients.put(which, Logits.zeros(examples, predictions.get(which).classes()));
        }
        double total = 0;
        Map<String, Double> byTerm = new LinkedHashMap<>();
        double[] cotangents = new double[examples];
        for (Weighted part : parts) {
            Arrays.fill(cotangents, part.weight() / examples);
            double[] values = Outside.ask(part.term(), () -> part.term().evaluate(predictions, cotangents, gradients));
            if (values == null || values.length != examples) {
                throw new IllegalStateException(
                        "term '" + part.term().name() + "' gives " + (values == null ? "null" : values.length + " values")
                                + " for " + examples + " examples: evaluate has to give one value of each");
            }
            double mean = mean(values);
            byTerm.put(part.term().name(), mean);
            total += part.weight() * mean;
        }
        return new Value(total, byTerm, gradients);
    }

    @Override
    public boolean runsOnDevice() {
        return parts.stream().allMatch(part -> part.term() instanceof DeviceTerm);
    }

    @Override
    public Map<Prediction, Tensor> gradients(DevicePredictions predictions) {
        DevicePredictions variables = predictions.copy();
        Map<Prediction, Tensor> gradients = new EnumMap<>(Prediction.class);
        for (Prediction which : differentiates) {
            Tensor variable = predictions.get(which).detach().set_requires_grad(true);
            variables.with(which, variable);
            gradients.put(which, variable);
        }
        parts.stream().map(part -> {
            Tensor values = Outside.ask(part.term(), () -> ((DeviceTerm) part.term()).values(variables));
            return values.mean().mul(new Scalar(part.weight()));
        }).reduce(Tensor::add).orElseThrow().backward();
        gradients.replaceAll((which, variable) -> variable.grad());
        return gradients;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** The formula: each weight and its term's name. */
    @Override
    public String toString() {
        return parts.stream().map(part -> part.weight() + " " + part.term().name()).collect(Collectors.joining(" + "));
    }
}
