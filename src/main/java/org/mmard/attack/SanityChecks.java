package org.mmard.attack;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * Signs that attacks say less about a model than they seem to, after AutoAttack's own flags: an answer that is random, probabilities in the
 * place of logits, images at which there is no gradient, and a black-box attack that gets further than those that follow the gradient.
 * Looked for on the first images, before any attack.
 *
 * @param images how many were looked at
 * @param random whether two forward passes differed
 * @param probabilities whether the logits of all of them look like probabilities
 * @param withoutGradient how many images have a margin z_y - max_{j != y} z_j whose gradient is exactly 0
 */
record SanityChecks(int images, boolean random, boolean probabilities, int withoutGradient) implements Serializable {
    private static final int IMAGES = 250;
    private static final double RANDOM = 1e-4;
    private static final double PROBABILITIES = 1e-5;
    private static final double MASKING = 0.002;

    static SanityChecks of(Evaluator evaluator) {
        int[] first = IntStream.range(0, Math.min(IMAGES, evaluator.images().size())).toArray();
        SanityChecks[] all = {new SanityChecks(0, false, true, 0)};
        evaluator.each(Evaluator.parts(first, evaluator.batch()), SanityChecks::look, part -> all[0] = all[0].with(part));
        return all[0];
    }

    private SanityChecks with(SanityChecks other) {
        return new SanityChecks(images + other.images, random || other.random, probabilities && other.probabilities,
                withoutGradient + other.withoutGradient);
    }

    static SanityChecks look(Classifier model, ImageSet images, int[] records) {
        try (PointerScope scope = new PointerScope()) {
            Examples examples = Examples.of(images, records);
            Logits once = model.logits(examples.images());
            Logits again = model.logits(examples.images());
            boolean random = false;
            boolean probabilities = true;
            for (int n = 0; n < records.length; n++) {
                random |= distance(once, again, n) > RANDOM;
                probabilities &= looksLikeProbabilities(once, n);
            }
            return new SanityChecks(records.length, random, probabilities, withoutGradient(model, examples));
        }
    }

    /** |z/|z| - z'/|z'||, Euclidean. */
    private static double distance(Logits one, Logits other, int n) {
        double ones = 0;
        double others = 0;
        for (int c = 0; c < one.classes(); c++) {
            ones += one.get(n, c) * one.get(n, c);
            others += other.get(n, c) * other.get(n, c);
        }
        double sum = 0;
        for (int c = 0; c < one.classes(); c++) {
            double difference = one.get(n, c) / (Math.sqrt(ones) + 1e-10) - other.get(n, c) / (Math.sqrt(others) + 1e-10);
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }

    private static boolean looksLikeProbabilities(Logits logits, int n) {
        double sum = 0;
        boolean inside = true;
        for (int c = 0; c < logits.classes(); c++) {
            inside &= logits.get(n, c) > -PROBABILITIES && logits.get(n, c) < 1 + PROBABILITIES;
            sum += logits.get(n, c);
        }
        return inside && Math.abs(sum - 1) < PROBABILITIES;
    }

    private static int withoutGradient(Classifier model, Examples examples) {
        Classifier.Pass pass = model.forward(examples.images());
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        gradients.put(Prediction.STUDENT_NATURAL, Logits.zeros(examples.count(), model.classes()));
        double[] ones = new double[examples.count()];
        Arrays.fill(ones, 1);
        new CwMargin(Prediction.STUDENT_NATURAL)
                .evaluate(new Predictions(examples.labels()).with(Prediction.STUDENT_NATURAL, pass.logits()), ones, gradients);
        float[] largest =
                LibTorch.values(pass.inputGradient(gradients.get(Prediction.STUDENT_NATURAL)).abs().amax(Examples.PER_IMAGE, false));
        return (int) IntStream.range(0, largest.length).filter(n -> largest[n] == 0).count();
    }

    /** Each sign in a sentence. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (random) {
            warnings.add(
                    "the model answers differently when asked twice: these attacks are not made for random defences and say too little");
        }
        if (probabilities) {
            warnings.add("the model's outputs look like probabilities: attacks need logits, or gradients vanish");
        }
        if (withoutGradient > 0) {
            warnings.add("the gradient is exactly zero at " + withoutGradient + " of the first " + images
                    + " images: attacks that follow it get nowhere there");
        }
        return warnings;
    }

    private static Robustness of(Map<String, Robustness> attacks, Cascade cascade) {
        return Objects.requireNonNull(attacks.get(cascade.name()), cascade.name());
    }

    /**
     * A warning where Square, or an attack from another model, broke more than {@value #MASKING} of the examples beyond what attacks that
     * follow the gradient broke.
     */
    static List<String> gradientMasking(List<Cascade> cascades, Map<String, Robustness> attacks) {
        List<String> warnings = new ArrayList<>();
        double byGradient = cascades.stream()
                .filter(cascade -> cascade.attacks().stream()
                        .noneMatch(attack -> attack instanceof Square || attack instanceof Transferred))
                .mapToDouble(cascade -> of(attacks, cascade).accuracy()).min().orElse(Double.NaN);
        for (Cascade cascade : cascades) {
            double transferred = of(attacks, cascade).accuracy();
            if (cascade.attacks().get(0) instanceof Transferred && transferred < byGradient - MASKING) {
                warnings.add(String.format(Locale.ROOT,
                        "%s: another model's gradient lowers the robust accuracy by %.2f points beyond the attacks that follow the model's "
                                + "own, which may be masked: the true robust accuracy may be lower still",
                        cascade.name(), 100 * (byGradient - transferred)));
            }
            double before = byGradient;
            List<Robustness.Stage> stages = of(attacks, cascade).stages();
            for (int i = 0; i < stages.size(); i++) {
                double after = (double) stages.get(i).robust() / of(attacks, cascade).robust().length;
                if (cascade.attacks().get(i) instanceof Square && after < before - MASKING) {
                    warnings.add(String.format(Locale.ROOT,
                            "%s: Square lowers the robust accuracy by %.2f points beyond the attacks that follow "
                                    + "the gradient, which may be masked: the true robust accuracy may be lower still",
                            cascade.name(), 100 * (before - after)));
                }
                before = after;
            }
        }
        return warnings;
    }
}
