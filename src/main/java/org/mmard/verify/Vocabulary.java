package org.mmard.verify;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;

/** From the words of a manifest to this project's {@code method.*} and {@code attack.*}. */
final class Vocabulary {
    private static final Map<String, Map<String, String>> INNER = new TreeMap<>(Map.of(
            "ce", Map.of("method.inner", "pgd-at"),
            "kl_sx", Map.of("method.inner", "trades"),
            "kl_tx", Map.of("method.inner", "rslad"),
            "kl_ta", Map.of("method.inner", "adaad"),
            "mmard_A", Map.of("method.inner", "mmard", "method.teacher-term", "disagreement"),
            "mmard_B", Map.of("method.inner", "mmard", "method.teacher-term", "detached"),
            "mmard_C", Map.of("method.inner", "mmard", "method.teacher-term", "boundary"),
            "saad", Map.of("method.inner", "saad")));
    private static final Map<String, String> OUTER = new TreeMap<>(Map.ofEntries(
            Map.entry("pgd_at", "pgd-at"), Map.entry("trades", "trades"), Map.entry("trades_official", "trades"), Map.entry("mart", "mart"),
            Map.entry("ard", "ard"), Map.entry("iad_code", "iad"), Map.entry("iad_paper", "iad-paper"), Map.entry("rslad", "rslad"),
            Map.entry("adaad", "adaad"), Map.entry("mmard", "mmard"), Map.entry("igdm", "igdm"), Map.entry("saad", "saad")));
    private static final Map<String, String> FORWARDS = new TreeMap<>(Map.of("adv", "adversarial", "nat", "natural", "minus", "mirrored"));
    private static final Map<String, String> REDUCTIONS = new TreeMap<>(Map.of("batch_mean", "batch-mean", "element_mean", "element-mean"));
    private static final Map<String, String> STARTS = new TreeMap<>(Map.of("gauss", "gaussian", "uniform", "uniform"));
    private static final Map<String, String> BATCH_NORMS = new TreeMap<>(Map.of("eval", "eval", "train", "train"));
    private static final Map<String, String> NUMBERS = new TreeMap<>(Map.of(
            "T", "method.temperature", "alpha", "method.alpha", "beta", "method.beta", "a", "method.a", "b", "method.b", "lambda",
            "method.lambda"));
    private static final String REDUCTION = "reduction";
    private static final String EPOCH_SHARE = "epoch_frac";
    private static final Pattern ATTACK = Pattern.compile("attack_(.+)_(.+)_(clip|noclip)_(.+)");

    private final Fixture fixture;
    private final Manifest manifest;
    private final Path file;

    Vocabulary(Fixture fixture) {
        this.fixture = fixture;
        manifest = fixture.manifest();
        file = fixture.manifestFile();
    }

    /**
     * An attack as the fixture stores it.
     *
     * @param prefix of its arrays' names
     * @param noise kind of start: gauss or uniform, as the noise arrays are called
     * @param method its inner objective; the outer loss is only there because a method has one
     */
    record Climb(String prefix, String noise, Settings.Method method, Settings.Attack attack) {}

    /** @throws InputError naming the first word that is not of the format */
    Climb climb(Manifest.Entry entry) {
        String at = "methods." + entry.name() + ".";
        Map<String, String> keys = new LinkedHashMap<>(word(at + "inner", entry.inner(), INNER));
        if (entry.params().containsKey("lambda")) {
            keys.put("method.lambda", number(at + "params.lambda", entry.params().get("lambda")));
        }
        return climb(at, entry.attack(), keys, entry.start(), entry.clipStart(), entry.batchNorm());
    }

    /**
     * An attack that no method of the manifest is on, by what its arrays' name says; lambda is 1.
     *
     * @param prefix {@code attack_<inner>_<start>_<clip|noclip>_<bn>}
     */
    Climb climb(String prefix) {
        Matcher name = ATTACK.matcher(prefix);
        if (!name.matches()) {
            throw new InputError(file + ": the folder has arrays " + prefix + ".*, which no method names: an attack is called "
                    + "attack_INNER_START_clip_BN or attack_INNER_START_noclip_BN");
        }
        String at = "in the array name " + prefix + ", ";
        Map<String, String> method = new LinkedHashMap<>(word(at + "inner", name.group(1), INNER));
        return climb(at, prefix, method, name.group(2), name.group(3).equals("clip"), name.group(4));
    }

    private Climb climb(String at, String prefix, Map<String, String> method, String start, boolean clip, String batchNorm) {
        method.put("method.outer", "pgd-at");
        Map<String, String> attack = Map.of(
                "attack.epsilon", Double.toString(manifest.epsilon()), "attack.step-size", Double.toString(manifest.stepSize()),
                "attack.steps", "1", "attack.start", word(at + "start", start, STARTS), "attack.clip-start", Boolean.toString(clip),
                "attack.batch-norm", word(at + "attack_bn", batchNorm, BATCH_NORMS));
        return new Climb(prefix, start, SettingsReader.method(method, file.toString()), SettingsReader.attack(attack, file.toString()));
    }

    /**
     * A method at the moment of its {@code epoch_frac}. What {@code params} leaves out has its usual value; {@code epoch_frac}'s is 1.
     *
     * @throws InputError naming the method, and the first word that is not of the format
     */
    Method method(Manifest.Entry entry) {
        Settings.Method settings = settings(entry);
        Object share = entry.params().get(EPOCH_SHARE);
        String key = "methods." + entry.name() + ".params." + EPOCH_SHARE;
        TrainingProgress progress =
                share == null ? TrainingProgress.end(1) : new TrainingProgress(Double.parseDouble(number(key, share)), 1);
        try {
            return Methods.of(settings, progress);
        } catch (InputError e) {
            throw new InputError(file + ": methods." + entry.name() + ": " + e.getMessage(), e);
        }
    }

    private Settings.Method settings(Manifest.Entry entry) {
        String at = "methods." + entry.name() + ".";
        Map<String, String> keys = new LinkedHashMap<>(word(at + "inner", entry.inner(), INNER));
        keys.put("method.outer", word(at + "outer", entry.outer(), OUTER));
        List<String> forwards = entry.forwards().stream().map(name -> word(at + "bn_forward_order", name, FORWARDS)).toList();
        keys.put("method.forwards", "[" + String.join(", ", forwards) + "]");
        if (entry.outer().equals("mmard")) {
            keys.put("method.triangle.smoothing", Double.toString(fixture.triangleSmoothing()));
        }
        entry.params().forEach((name, value) -> {
            String key = at + "params." + name;
            if (name.equals(REDUCTION)) {
                keys.put("method.reduction", word(key, String.valueOf(value), REDUCTIONS));
            } else if (!name.equals(EPOCH_SHARE)) {
                if (!NUMBERS.containsKey(name)) {
                    throw new InputError(file + ": " + key + " is not a parameter: there are " + REDUCTION + ", " + EPOCH_SHARE + ", "
                            + String.join(", ", NUMBERS.keySet()));
                }
                keys.put(NUMBERS.get(name), number(key, value));
            }
        });
        return SettingsReader.method(keys, file.toString());
    }

    private String number(String key, Object value) {
        if (value instanceof Double number && number >= 0 && Double.isFinite(number)) {
            return number.toString();
        }
        throw new InputError(file + ": " + key + " is " + value + ": give a number, 0 or above");
    }

    private <T> T word(String key, String word, Map<String, T> known) {
        if (!known.containsKey(word)) {
            throw new InputError(file + ": " + key + " is \"" + word + "\": give one of " + String.join(", ", known.keySet()));
        }
        return known.get(word);
    }
}
