package org.mmard.verify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mmard.engine.LibTorch;

/**
 * Carries out everything that a fixture folder describes, through the engine, the losses, the attack and the update of training, and compares. The
 * format is in docs/verify.md.
 */
public final class Verification {
    private final Fixture fixture;
    private final List<Comparison> operations;
    private final List<Check> checks = new ArrayList<>();

    /**
     * Reads and checks the whole folder; nothing but the single operations is computed yet.
     *
     * @throws org.mmard.config.InputError naming the first file or key that is missing, broken or not understood
     */
    public Verification(Path folder) {
        LibTorch.threads(1);
        fixture = new Fixture(folder);
        Manifest manifest = fixture.manifest();
        Vocabulary vocabulary = new Vocabulary(fixture.manifestFile(), manifest);
        operations = Operations.compare(fixture);
        Set<Vocabulary.Climb> climbs = new LinkedHashSet<>();
        manifest.methods().forEach(entry -> climbs.add(vocabulary.climb(entry)));
        unnamedAttacks().forEach(prefix -> climbs.add(vocabulary.climb(prefix)));
        if (!climbs.isEmpty() || fixture.names().stream().anyMatch(name -> name.startsWith("student.") || name.startsWith("teacher."))) {
            Batch batch = new Batch(fixture);
            checks.add(new NetworkCheck(fixture, batch, "student"));
            checks.add(new NetworkCheck(fixture, batch, "teacher"));
            climbs.forEach(climb -> checks.add(new AttackCheck(fixture, batch, climb)));
            manifest.methods().forEach(entry -> checks.add(new MethodCheck(fixture, batch, vocabulary, entry)));
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

    /** Every comparison, in the order of networks, attacks, methods and operations. */
    public List<Comparison> carryOut() {
        List<Comparison> comparisons = new ArrayList<>();
        checks.forEach(check -> comparisons.addAll(check.carryOut()));
        comparisons.addAll(operations);
        return comparisons;
    }
}
