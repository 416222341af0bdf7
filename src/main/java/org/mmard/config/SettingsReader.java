package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * Reads settings: the command line over a HOCON file over the preset it names over {@code reference.conf}, which says what each key means.
 * Knows keys, types and ranges; names of networks and methods, and whether a method needs a teacher, are for the rooms that have them.
 */
public final class SettingsReader {
    private static final String COMMAND_LINE = "command line";
    private static final String PRESET = "preset";
    private static final int LONGEST_KEY = 100;
    private static final ConfigRenderOptions RENDER =
            ConfigRenderOptions.defaults().setOriginComments(false).setComments(false).setJson(false);

    private SettingsReader() {}

    /**
     * Reads a configuration file.
     *
     * @param uri local path or Hadoop URI; its includes are relative to it, and {@code ${NAME}} may name an environment variable that is
     *     meant for us ({@link Substitutions})
     * @param overrides values by key that go before the file's; a list is written [1, 2], {@code null} unsets
     * @throws InputError for the first mistake found: one line with the key and the place where its value stands
     */
    public static ResolvedSettings read(String uri, Map<String, String> overrides, Configuration hadoop) {
        return check(resolve(uri, overrides, reference(), hadoop));
    }

    /**
     * Settings without a file: the given values over the preset among them over {@code reference.conf}, checked as a file's are.
     *
     * @param values by full key, such as {@code training.epochs}, written as with -D: a list is written [1, 2], {@code null} unsets
     * @param origin where they stand, for complaints, such as {@code notebook}
     * @throws InputError for the first mistake found: one line with the key and {@code origin}
     */
    public static ResolvedSettings read(Map<String, String> values, String origin) {
        return check(overPreset(overriding(values, origin), reference(), origin));
    }

    /**
     * Reads the settings of one run out of a grid's configuration file.
     *
     * @param overrides values by key that go before the file's, what is the run's own among them
     * @throws InputError as {@link #read} does; what the file says about the grid itself is for {@link GridReader}
     */
    public static ResolvedSettings readRunOfGrid(String uri, Map<String, String> overrides, Configuration hadoop) {
        return check(resolve(uri, overrides, reference(), hadoop).withoutPath(GridReader.SECTION));
    }

    /**
     * Reads the settings of a run as its directory keeps them. They are data, and may be somebody else's: nothing is included, looked up in
     * the environment or put in place of anything.
     *
     * @param content of {@code run.conf}; @param uri where it lies, for complaints
     * @throws InputError as {@link #read} does
     */
    public static ResolvedSettings readStored(byte[] content, String uri) {
        return check(overPreset(stored(content, uri), reference(), uri));
    }

    /** The keys of such a file, as they stand there. @throws InputError where it is no configuration of a run */
    public static Config stored(byte[] content, String uri) {
        if (content.length > HoconText.LARGEST) {
            throw new InputError(uri + ": larger than " + (HoconText.LARGEST >> 10) + " KiB; no configuration is");
        }
        Config stored = HoconFiles.parseData(HoconText.of(content), uri).toConfig();
        if (!stored.isResolved()) {
            throw new InputError(uri + ": names a value by ${...}; what a run was trained with is written there value by value");
        }
        return stored;
    }

    private static ResolvedSettings check(Config resolved) {
        Map<String, ConfigValue> known = leaves(reference().root());
        Map<String, ConfigValue> found = leaves(resolved.root());
        found.forEach((key, value) -> requireKnown(key, value, known));
        requireAll(known.keySet(), resolved.root());
        Map<String, String> origins = new TreeMap<>();
        found.forEach((key, value) -> origins.put(key, value.origin().description()));
        return new ResolvedSettings(settings(new Keys(resolved)), resolved.root().render(RENDER), origins);
    }

    private static Config preset(Config chosen) {
        Keys keys = new Keys(chosen);
        String name = keys.optionalText(PRESET, Presets.WHAT);
        if (name == null) {
            return ConfigFactory.empty();
        }
        if (!Presets.NAMES.contains(name)) {
            throw keys.refusal(PRESET, "one of " + String.join(", ", Presets.NAMES));
        }
        return Presets.named(name);
    }

    /**
     * The section {@code method} alone, with its usual values where nothing else is given.
     *
     * @param values by full key, such as {@code method.outer}, written as with -D
     * @param origin where they stand, for complaints
     * @throws InputError for the first mistake found
     */
    public static Settings.Method method(Map<String, String> values, String origin) {
        return method(new Keys(overReference(values, origin)));
    }

    /** The section {@code attack} alone, as {@link #method}. */
    public static Settings.Attack attack(Map<String, String> values, String origin) {
        return attack(new Keys(overReference(values, origin)));
    }

    private static Config overReference(Map<String, String> values, String origin) {
        Config reference = reference();
        Map<String, ConfigValue> known = leaves(reference.root());
        Config given = overriding(values, origin);
        leaves(given.root()).forEach((key, value) -> requireKnown(key, value, known));
        Config whole = given.withFallback(reference).resolve();
        requireAll(known.keySet(), whole.root());
        return whole;
    }

    /** The command line over the file over its preset over the defaults, with every substitution in place. */
    static Config resolve(String uri, Map<String, String> overrides, Config defaults, Configuration hadoop) {
        try {
            return overPreset(own(uri, overrides, hadoop), defaults, uri);
        } catch (ConfigException e) {
            String what = e.getMessage().lines().findFirst().orElse(uri);
            // HOCON keeps the plus sign for +=, and its own words about that do not help.
            throw new InputError(what.contains("'+' not followed by =") ? what.replaceAll("(: \\d+: ).*", "$1")
                    + "write a value that has a + in it in quotes, such as \"rslad + triangle\"" : what, e);
        }
    }

    private static Config overPreset(Config own, Config defaults, String origin) {
        return Substitutions.resolve(
                own.withFallback(preset(Substitutions.resolve(own.withFallback(defaults), origin))).withFallback(defaults), origin);
    }

    /**
     * What the command line and the file set themselves, by full key, nulls and defaults left out: what a preset brings is not among it.
     */
    static Map<String, ConfigValue> given(String uri, Map<String, String> overrides, Config defaults, Configuration hadoop) {
        Map<String, ConfigValue> usual = leaves(defaults.root());
        try {
            Map<String, ConfigValue> given = leaves(Substitutions.resolve(own(uri, overrides, hadoop).withFallback(defaults), uri).root());
            given.entrySet().removeIf(entry -> entry.getValue().valueType() == ConfigValueType.NULL
                    || usual.containsKey(entry.getKey()) && usual.get(entry.getKey()).origin().equals(entry.getValue().origin()));
            return given;
        } catch (ConfigException e) {
            throw new InputError(e.getMessage().lines().findFirst().orElse(uri), e);
        }
    }

    private static Config own(String uri, Map<String, String> overrides, Configuration hadoop) {
        return overriding(overrides, COMMAND_LINE).withFallback(new HoconFiles(hadoop).parse(uri));
    }

    /** What each key is when nobody sets it, with the comments that explain it. */
    static Config reference() {
        return ConfigFactory.parseResources(SettingsReader.class, "reference.conf", ConfigParseOptions.defaults().setAllowMissing(false));
    }

    /** Every value that is not a section, by its full key; nulls too. */
    static Map<String, ConfigValue> leaves(ConfigObject section) {
        Map<String, ConfigValue> leaves = new TreeMap<>();
        section.forEach((name, value) -> {
            String key = ConfigUtil.joinPath(name);
            if (value instanceof ConfigObject inner) {
                leaves(inner).forEach((rest, leaf) -> leaves.put(key + "." + rest, leaf));
            } else {
                leaves.put(key, value);
            }
        });
        return leaves;
    }

    private static Config overriding(Map<String, String> overrides, String origin) {
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, String> override : overrides.entrySet()) {
            String key = (origin.equals(COMMAND_LINE) ? "-D " : "") + Printable.value(override.getKey());
            HoconText.requireReadable(override.getKey(), key, HoconText.Contents.NONE);
            try {
                config = config.withValue(override.getKey(), value(override.getValue(), origin));
            } catch (ConfigException | InputError e) {
                throw new InputError(key + "=" + Printable.value(override.getValue()) + ": not a key and a value", e);
            }
        }
        return config;
    }

    /** Taken as it stands, so that a URI needs no quotes; only lists and null are HOCON. */
    private static ConfigValue value(String text, String origin) {
        boolean hocon = text.startsWith("[") || text.equals("null");
        if (!hocon) {
            return ConfigValueFactory.fromAnyRef(text, origin);
        }
        ConfigObject parsed = HoconFiles.parseData("value = " + text, origin);
        if (parsed.size() != 1) {
            throw new InputError(origin + ": more than one value");
        }
        return ConfigValueFactory.fromAnyRef(parsed.get("value").unwrapped(), origin);
    }

    static void requireKnown(String key, ConfigValue value, Map<String, ConfigValue> known) {
        if (known.containsKey(key)) {
            return;
        }
        String place = " (" + value.origin().description() + ")";
        RetiredKeys.instead(key).ifPresent(instead -> {
            throw new InputError(key + place + " is not a key any more: " + instead);
        });
        if (key.length() > LONGEST_KEY) {
            throw new InputError(Printable.value(key) + place + " is not a key");
        }
        List<String> inside = known.keySet().stream().filter(one -> one.startsWith(key + ".")).toList();
        if (!inside.isEmpty()) {
            throw new InputError(key + place + " is a section, not a key: set " + String.join(", ", inside));
        }
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        String nearest = known.keySet().stream().min((one, other) -> distance.apply(key, one) - distance.apply(key, other)).orElseThrow();
        throw new InputError(key + place + " is not a key: did you mean " + nearest + "?");
    }

    /**
     * @throws InputError where a section has lost its usual values: HOCON lets go of them where the section was, for a while, something
     *     else
     */
    static void requireAll(Set<String> known, ConfigObject root) {
        for (String key : known) {
            List<String> names = ConfigUtil.splitPath(key);
            ConfigObject section = root;
            for (int i = 0; i < names.size(); i++) {
                ConfigValue value = section.get(names.get(i));
                if (value == null) {
                    String path = ConfigUtil.joinPath(names.subList(0, i));
                    throw new InputError(key + " has lost its usual value: " + path + " (" + section.origin().description()
                            + ") was no section for a while, as after "
                            + path + " = null; leave that line out, or set all keys of the section");
                }
                if (i < names.size() - 1) {
                    section = (ConfigObject) value;
                }
            }
        }
    }

    private static Settings settings(Keys keys) {
        Settings.Data data = new Settings.Data(
                keys.text("data.uri", "the Hadoop URI or path of a CIFAR folder or archive"), keys.count("data.examples", 0));
        Settings.Training training = training(keys);
        return new Settings(
                keys.optionalText(PRESET, Presets.WHAT),
                new Settings.Run(keys.text("run.directory", "the Hadoop URI or path of the run's folder"),
                        keys.whole("run.seed", "a whole number")),
                data,
                new Settings.Student(
                        keys.text("student.architecture", "the name of a network"),
                        keys.optionalText("student.initial", "the URI of a model file or null")),
                new Settings.Teacher(keys.optionalText("teacher.model", "the URI of a model file or null")),
                method(keys),
                attack(keys),
                training,
                validation(keys, data),
                new Settings.Checkpoints(keys.count("checkpoints.keep", 0), keys.count("checkpoints.retry-for", 0)),
                cluster(keys, training.averaging()),
                new Settings.Engine(keys.choice("engine.device", "auto", "cpu", "cuda"), keys.count("engine.threads", 1),
                        keys.flag("engine.fold-batch-norm"),
                        keys.flag("engine.channels-last"), keys.choice("engine.attack-precision", "auto", "float32", "bfloat16"),
                        keys.flag("engine.tf32")));
    }

    private static Settings.Method method(Keys keys) {
        String name = keys.text("method.name", "the name of a method");
        String inner = keys.optionalText("method.inner", "the name of a method or null");
        String outer = keys.optionalText("method.outer", "the name of a method or null");
        return new Settings.Method(
                inner == null ? name : inner, outer == null ? name : outer,
                keys.choice("method.reduction", "batch-mean", "element-mean"), keys.real("method.scale", Range.ABOVE_ZERO),
                keys.real("method.temperature", Range.ABOVE_ZERO),
                keys.optionalReal("method.alpha", Range.ZERO_OR_ABOVE), keys.optionalReal("method.beta", Range.ZERO_OR_ABOVE),
                keys.count("method.begin", 0), keys.choice("method.iad-target", "natural", "adversarial"),
                keys.real("method.label-smoothing", Range.FRACTION_BELOW_ONE), keys.real("method.lambda", Range.ZERO_OR_ABOVE),
                keys.choice("method.teacher-term", "disagreement", "detached", "boundary"),
                keys.choice("method.teacher-gradient", "through", "detached"),
                keys.real("method.a", Range.FRACTION), keys.real("method.b", Range.ZERO_OR_ABOVE),
                new Settings.Triangle(keys.real("method.triangle.smoothing", Range.ABOVE_ZERO),
                        keys.words("method.triangle.corners", "label", "natural", "adversarial")),
                keys.isNull("method.forwards") ? null : keys.words("method.forwards", "natural", "adversarial", "mirrored"));
    }

    private static Settings.Attack attack(Keys keys) {
        return new Settings.Attack(
                keys.real("attack.epsilon", Range.FRACTION_ABOVE_ZERO), keys.real("attack.step-size", Range.FRACTION_ABOVE_ZERO),
                keys.count("attack.steps", 1), keys.choice("attack.start", "gaussian", "uniform", "none"),
                keys.real("attack.start-scale", Range.FRACTION), keys.flag("attack.clip-start"),
                keys.choice("attack.batch-norm", "eval", "train"));
    }

    private static Settings.Training training(Keys keys) {
        Settings.Training training = new Settings.Training(
                keys.count("training.epochs", 1), keys.count("training.batch", 1), keys.real("training.learning-rate", Range.ABOVE_ZERO),
                keys.real("training.momentum", Range.FRACTION_BELOW_ONE), keys.real("training.weight-decay", Range.ZERO_OR_ABOVE),
                keys.text("training.schedule", "the name of a schedule"),
                keys.reals("training.milestones", Range.ZERO_OR_ABOVE),
                keys.reals("training.rates", Range.ZERO_OR_ABOVE), keys.real("training.decay", Range.FRACTION_ABOVE_ZERO),
                keys.real("training.warm-up", Range.ZERO_OR_ABOVE), keys.flag("training.augment"),
                keys.real("training.gradient-clipping", Range.ZERO_OR_ABOVE), keys.real("training.max-skipped", Range.FRACTION_BELOW_ONE),
                new Settings.Averaging(keys.choice("training.averaging.kind", "none", "ema", "swa"),
                        keys.real("training.averaging.decay", Range.FRACTION_BELOW_ONE), keys.count("training.averaging.from-epoch", 0),
                        keys.choice("training.averaging.batch-norm", "re-estimate", "average")),
                new Settings.WeightPerturbation(keys.real("training.weight-perturbation.gamma", Range.ZERO_OR_ABOVE),
                        keys.count("training.weight-perturbation.from-epoch", 0)));
        List<Double> milestones = training.milestones();
        for (int i = 1; i < milestones.size(); i++) {
            if (milestones.get(i) <= milestones.get(i - 1)) {
                throw keys.refusal("training.milestones", "epochs that rise");
            }
        }
        if (!training.averaging().kind().equals("none") && training.averaging().fromEpoch() >= training.epochs()) {
            throw keys.refusal("training.averaging.from-epoch", "fewer than the " + training.epochs() + " of training.epochs");
        }
        if (training.warmUp() > training.epochs()) {
            throw keys.refusal("training.warm-up", "no more than the " + training.epochs() + " of training.epochs");
        }
        return training;
    }

    private static Settings.Validation validation(Keys keys, Settings.Data data) {
        Settings.Validation validation = new Settings.Validation(
                keys.count("validation.examples", 0), keys.count("validation.steps", 1),
                keys.real("validation.step-size", Range.FRACTION_ABOVE_ZERO),
                keys.count("validation.every", 1), keys.count("validation.batch", 1));
        if (data.examples() > 0 && validation.examples() >= data.examples()) {
            throw keys.refusal("validation.examples", "fewer than the " + data.examples() + " of data.examples: they are held out of them");
        }
        return validation;
    }

    private static Settings.Cluster cluster(Keys keys, Settings.Averaging weights) {
        Settings.Cluster cluster = new Settings.Cluster(
                keys.count("cluster.executors", 1), keys.choice("cluster.synchronisation", "shared", "averaging"),
                keys.choice("cluster.encoding", "int8", "bfloat16", "exact"),
                keys.count("cluster.averaging-frequency", 1), keys.count("cluster.start-timeout", 1),
                keys.count("cluster.stall-timeout", 1),
                keys.count("cluster.max-restarts", 0));
        if (weights.kind().equals("ema") && cluster.synchronisation().equals("averaging") && cluster.executors() > 1) {
            throw keys.refusal("cluster.synchronisation",
                    "shared, or swa as training.averaging.kind: between two averagings, executors have no common weights"
                            + " that a moving average could follow");
        }
        return cluster;
    }
}
