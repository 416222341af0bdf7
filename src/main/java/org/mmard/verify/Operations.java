package org.mmard.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.loss.BoostedCrossEntropy;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Dlr;
import org.mmard.loss.Entropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Prediction;
import org.mmard.loss.TargetedDlr;

/**
 * The {@code op.*} arrays: single operations, each compared to 1e-6 of an array's largest entry. Those on logits are carried out in double
 * precision on the fixture's very inputs, so that there is little else than the rounding of the stored results.
 */
final class Operations {
    private static final double TOLERANCE = 1e-6;
    private static final String PREFIX = "op.";
    private static final String DERIVATIVE = ".d_";
    private static final Pattern KL = Pattern.compile("kl(?:_T(.+))?");
    private static final Pattern TRADES = Pattern.compile("trades_beta(.+)");
    /** Arrays that operations read, of which none is a result. */
    private static final Set<String> INPUTS = Set.of(
            "labels", "targets", "p_logits", "q_logits", "tri_b", "tri_c", "proj_in", "proj_x", "sgd_p0", "sgd_g1", "sgd_g2");

    private final Fixture fixture;
    private @Nullable LogitOperations logits;

    private Operations(Fixture fixture) {
        this.fixture = fixture;
    }

    /** @throws InputError naming the file of an operation that is unknown or lacks an input */
    static List<Comparison> compare(Fixture fixture) {
        return new Operations(fixture).all();
    }

    private List<Comparison> all() {
        Set<String> operations = new TreeSet<>();
        for (String array : fixture.names()) {
            if (array.startsWith(PREFIX)) {
                String name = array.substring(PREFIX.length());
                if (INPUTS.contains(name)) {
                    fixture.arrayOfAnyShape(array);
                } else {
                    operations.add(name.contains(DERIVATIVE) ? name.substring(0, name.indexOf(DERIVATIVE)) : name);
                }
            }
        }
        List<Comparison> comparisons = new ArrayList<>();
        for (String operation : operations) {
            results(operation).forEach((quantity, found) -> {
                String array = PREFIX + operation + (quantity.equals(LogitOperations.VALUE) ? "" : "." + quantity);
                if (fixture.has(array)) {
                    comparisons.add(comparison(PREFIX + operation, quantity, fixture.arrayOfAnyShape(array).values(), found, array));
                }
            });
        }
        return comparisons;
    }

    private Comparison comparison(String subject, String quantity, double[] expected, double[] found, String array) {
        if (expected.length != found.length) {
            throw new InputError(fixture.file(array) + ": has " + expected.length + " numbers, this operation gives " + found.length);
        }
        double largest = Comparison.largest(expected);
        double difference = Comparison.largestDifference(expected, found);
        return new Comparison(subject, quantity, largest == 0 ? difference : difference / largest, TOLERANCE);
    }

    private Map<String, double[]> results(String operation) {
        Matcher kl = KL.matcher(operation);
        Matcher trades = TRADES.matcher(operation);
        if (kl.matches()) {
            double temperature = kl.group(1) == null ? 1 : number(operation, kl.group(1));
            return logits().term(new KlDivergence(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL, true, temperature), 1);
        }
        if (trades.matches()) {
            return logits().trades(number(operation, trades.group(1)));
        }
        return switch (operation) {
            case "ce" -> logits().term(new CrossEntropy(Prediction.STUDENT_ADVERSARIAL), 1);
            case "bce_mart" -> logits().atLeast(2, operation).term(new BoostedCrossEntropy(Prediction.STUDENT_ADVERSARIAL), 4);
            case "cw_margin" -> logits().atLeast(2, operation).term(new CwMargin(Prediction.STUDENT_ADVERSARIAL), 1);
            case "entropy" -> logits().term(new Entropy(Prediction.STUDENT_ADVERSARIAL), 1);
            case "dlr" -> logits().atLeast(3, operation).term(new Dlr(Prediction.STUDENT_ADVERSARIAL), 1);
            case "dlr_targeted" ->
                logits().atLeast(4, operation).term(new TargetedDlr(Prediction.STUDENT_ADVERSARIAL, logits().targets()), 1);
            case "l_tri" -> logits().triangle(fixture.triangleSmoothing());
            case "onehot" -> logits().oneHot();
            case "tri_cos" -> ArrayOperations.triangleCosines(fixture);
            case "proj_out" -> ArrayOperations.projection(fixture);
            case "sgd_p1", "sgd_p2" -> ArrayOperations.update(fixture, operation);
            default -> throw new InputError(
                    fixture.file(PREFIX + operation) + ": " + operation + " is not an operation of the format (docs/verify.md)");
        };
    }

    private LogitOperations logits() {
        if (logits == null) {
            logits = new LogitOperations(fixture);
        }
        return logits;
    }

    private double number(String operation, String text) {
        try {
            double number = Double.parseDouble(text);
            if (number > 0 && Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new InputError(fixture.file(PREFIX + operation) + ": \"" + text + "\" in its name is no number above 0");
    }
}
