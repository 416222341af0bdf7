package org.mmard.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/**
 * One evaluation: sanity checks, clean accuracy, then cascade after cascade. An attack that two cascades share is run once for each
 * example: its draws belong to attack and example, so the second run would say the same.
 */
public final class EvaluationRun {
    private final Evaluator evaluator;
    private final Ledger ledger;
    private final Evaluator.Progress progress;
    private final int examples;

    public EvaluationRun(Evaluator evaluator, Ledger ledger, Evaluator.Progress progress) {
        this.evaluator = evaluator;
        this.ledger = ledger;
        this.progress = progress;
        examples = evaluator.images().size();
    }

    /**
     * @param about what is evaluated, for the record
     * @throws InputError where the data has too few classes for an attack
     */
    public Evaluation evaluate(Map<String, Object> about, List<Cascade> cascades) {
        for (Cascade cascade : cascades) {
            if (evaluator.images().classes() < cascade.fewestClasses()) {
                throw new InputError("attack '" + cascade.name() + "' needs " + cascade.fewestClasses() + " classes or more, the data has "
                        + evaluator.images().classes());
            }
        }
        List<String> warnings = new ArrayList<>(SanityChecks.of(evaluator).warnings());
        Outcome clean = outcome(Attacks.CLEAN, null, IntStream.range(0, examples).toArray(), examples);
        Map<String, Robustness> attacks = new LinkedHashMap<>();
        for (Cascade cascade : cascades) {
            attacks.put(cascade.name(), robustness(cascade, clean));
        }
        warnings.addAll(SanityChecks.gradientMasking(cascades, attacks));
        Map<String, Object> all = new LinkedHashMap<>(about);
        if (!evaluator.devices().isEmpty()) {
            all.put("device", evaluator.devices());
        }
        return new Evaluation(all, clean, attacks, warnings);
    }

    private Robustness robustness(Cascade cascade, Outcome clean) {
        int[] predictions = clean.predictions().clone();
        boolean[] robust = new boolean[examples];
        String[] brokenBy = new String[examples];
        for (int record = 0; record < examples; record++) {
            robust[record] = clean.correct()[record] || cascade.attacks().stream().noneMatch(Attack::onlyWhereRight);
        }
        List<Robustness.Stage> stages = new ArrayList<>();
        for (Attack attack : cascade.attacks()) {
            int[] attacked = Indices.where(robust);
            String label = cascade.attacks().size() == 1 ? cascade.name() : cascade.name() + "/" + attack.name();
            Outcome outcome = outcome(label, attack, attacked, attacked.length);
            for (int i = 0; i < attacked.length; i++) {
                int record = attacked[i];
                predictions[record] = outcome.predictions()[i];
                robust[record] = outcome.correct()[i];
                brokenBy[record] = robust[record] ? null : attack.name();
            }
            stages.add(new Robustness.Stage(attack.name(), attacked.length, Indices.where(robust).length, outcome.seconds(),
                    attack.parameters()));
        }
        for (int record = 0; record < examples; record++) {
            if (!robust[record] && !clean.correct()[record]) {
                brokenBy[record] = Attacks.CLEAN;
                predictions[record] = clean.predictions()[record];
            }
        }
        return new Robustness(predictions, robust, brokenBy, stages);
    }

    /** What the model makes of these records under an attack: from the ledger, as far as it goes. */
    private Outcome outcome(String label, @Nullable Attack attack, int[] records, int robustBefore) {
        String name = attack == null ? Attacks.CLEAN : attack.name();
        Set<Integer> known = IntStream.of(ledger.known(name).records()).boxed().collect(Collectors.toSet());
        // The parts do not depend on what is known already, so that a stop changes nothing in them.
        List<int[]> open = Evaluator.parts(records, evaluator.batch()).stream()
                .map(part -> IntStream.of(part).filter(record -> !known.contains(record)).toArray()).filter(part -> part.length > 0)
                .toList();
        int[] done = IntStream.of(records).filter(known::contains).toArray();
        int[] count = {done.length, done.length - ledger.known(name).at(done).right()};
        progress.examples(label, count[0], records.length, (double) (robustBefore - count[1]) / examples);
        evaluator.each(open, new Trial(attack, evaluator.seed(), ledger.wantsImages()), part -> {
            ledger.add(name, part.outcome(), part.images());
            count[0] += part.outcome().records().length;
            count[1] += part.outcome().records().length - part.outcome().right();
            progress.examples(label, count[0], records.length, (double) (robustBefore - count[1]) / examples);
        });
        return ledger.known(name).at(records);
    }
}
