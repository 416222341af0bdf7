package org.mmard.verify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.LibTorch;
import org.mmard.failure.InputError;

/**
 * Carries out everything that a fixture folder describes, through the engine, the losses, the attack and the update of training, and
 * compares. The format is in docs/verify.md.
 */
public final class Verification {
    private final Path folder;
    private final Fixture fixture;
    private final List<Comparison> operations;
    private final List<Check> checks = new ArrayList<>();

    /**
     * Reads and checks the whole folder; nothing but the single operations is computed yet.
     *
     * @throws InputError naming the first file or key that is missing, broken or not understood
     */
    public Verification(Path folder) {
        LibTorch.threads(1);
        this.folder = folder;
        fixture = new Fixture(folder);
        Manifest manifest = fixture.manifest();
        Vocabulary vocabulary = new Vocabulary(fixture);
        operations = Operations.compare(fixture);
        Map<Manifest.Entry, Vocabulary.Climb> climbOf = new LinkedHashMap<>();
        manifest.methods().forEach(entry -> climbOf.put(entry, vocabulary.climb(entry)));
        Set<Vocabulary.Climb> climbs = new LinkedHashSet<>(climbOf.values());
        unnamedAttacks().forEach(prefix -> climbs.add(vocabulary.climb(prefix)));
        if (!climbs.isEmpty() || fixture.names().stream().anyMatch(name -> name.startsWith("student.") || name.startsWith("teacher."))) {
            Batch batch = new Batch(fixture);
            checks.add(new NetworkCheck(fixture, batch, "student"));
            checks.add(new NetworkCheck(fixture, batch, "teacher"));
            climbs.forEach(climb -> checks.add(new AttackCheck(fixture, batch, climb)));
            climbOf.forEach((entry, climb) -> checks.add(new MethodCheck(fixture, batch, entry, vocabulary.method(entry), climb.attack())));
        }
        fixture.requireAllRead();
    }

    /** Prefixes of the attacks in the folder that no method of the manifest is on. */
    private Set<String> unnamedAttacks() {
        Set<String> prefixes = new LinkedHashSet<>();
        fixture.names().stream().filter(name -> name.startsWith("attack_") && name.contains("."))
                .forEach(name -> prefixes.add(name.substring(0, name.lastIndexOf('.'))));
        fixture.manifest().methods().forEach(entry -> prefixes.remove(entry.attack()));
        return prefixes;
    }

    /**
     * Every comparison, in the order of networks, attacks, methods and operations.
     *
     * @throws InputError where there is not one
     */
    public List<Comparison> carryOut() {
        List<Comparison> comparisons = new ArrayList<>();
        checks.forEach(check -> comparisons.addAll(check.carryOut()));
        comparisons.addAll(operations);
        if (comparisons.isEmpty()) {
            throw new InputError(folder + ": nothing to compare: no method, attack, logits or operation in it (docs/verify.md)");
        }
        return comparisons;
    }
}
