package org.mmard.attack;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;
import org.mmard.failure.InputError;

/**
 * A transfer attack (Papernot et al., arXiv 1605.07277): x' is made on another model, whose gradient the attack follows, and counted on the
 * one that is evaluated, which is never asked on the way. All images are attacked; the robust accuracy is the accuracy at x'.
 *
 * @param name what it is called: the attack and the first digits of the source's SHA-256, so that no two sources share draws or saved parts
 * @param attack what the source is attacked by
 * @param source the other model
 * @param about the source, for the record
 */
record Transferred(String name, Attack attack, SourceModel source, Map<String, Object> about) implements Attack {
    private static final int DIGITS = 12;

    /**
     * Every one of these attacks, from one source, each called as {@code pgd20 from teacher.zip}.
     *
     * @param attacks names, separated by commas
     * @param title what the source is called in tables
     * @param checksum SHA-256 of the source's file
     * @throws InputError as {@link Attacks#named} does, and for an attack that stops as soon as the source is wrong
     */
    static List<Cascade> from(SourceModel source, String title, String checksum, Map<String, Object> about, String attacks,
            double epsilon) {
        return Attacks.named(attacks, epsilon).stream().map(cascade -> {
            Attack attack = cascade.attacks().get(0);
            if (attack.onlyWhereRight()) {
                throw new InputError("attack '" + cascade.name() + "' stops where the model that it attacks is wrong, so that little of it "
                        + "transfers: give fgsm, pgd20, pgdN, pgd-trades or cw");
            }
            Attack transferred = new Transferred(attack.name() + "-from-" + checksum.substring(0, DIGITS), attack, source, about);
            return new Cascade(attack.name() + " from " + title, List.of(transferred));
        }).toList();
    }

    @Override
    public double epsilon() {
        return attack.epsilon();
    }

    @Override
    public boolean onlyWhereRight() {
        return false;
    }

    @Override
    public int fewestClasses() {
        return attack.fewestClasses();
    }

    @Override
    public Map<String, Object> parameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("attack", attack.name());
        parameters.putAll(attack.parameters());
        parameters.putAll(about);
        return parameters;
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        return source.craft(other -> {
            if (!Arrays.stream(other.logits(examples.images()).values()).allMatch(Double::isFinite)) {
                throw new InputError(name + ": the logits of the model that it attacks are not finite: its weights may be damaged");
            }
            return attack.perturb(other, examples, random);
        });
    }
}
