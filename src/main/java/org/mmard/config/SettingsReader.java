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
import org.mmard.failure.Reason;

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
        return check(resolve(uri, ConfigFactory.empty(), overrides, reference(), hadoop));
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
        return readRunOfGrid(uri, ConfigFactory.empty(), overrides, hadoop);
    }

    /**
     * The settings of the run that trains a grid's teacher: its own keys go before {@code overrides}.
     *
     * @param teacher who may have a file already; the settings are then those of the configuration
     * @throws InputError as {@link #read} does
     */
    public static ResolvedSettings readTeacherOfGrid(String uri, GridSettings.Teacher teacher, Map<String, String> overrides,
            Configuration hadoop) {
        return readRunOfGrid(uri, teacher.train() == null ? ConfigFactory.empty() : teacher.train(), overrides, hadoop);
    }

    private static ResolvedSettings readRunOfGrid(String uri, Config first, Map<String, String> overrides, Configuration hadoop) {
        return check(resolve(uri, first, overrides, reference(), hadoop).withoutPath(GridReader.SECTION));
    }

    /**
     * Reads the settings of a run as its directory keeps them. They are data, and may be somebody else's: nothing is included, looked up in
     * the environment or put in place of anything.
     *
     * @param content of {@code run.conf}
     * @param uri where it lies, for complaints
     * @throws InputError as {@link #read} does
     */
    public static ResolvedSettings readStored(byte[] content, String uri) {
        return check(overPreset(stored(content, uri), reference(), uri));
    }

    /**
     * The keys of such a file, as they stand there.
     *
     * @throws InputError where it is no configuration of a run
     */
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
        if (keys.isNull(PRESET)) {
            return ConfigFactory.empty();
        }
        String name = keys.text(PRESET, Presets.WHAT);
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
        return Sections.read(Settings.Method.class, "method.", new Keys(overReference(values, origin)));
    }

    /** The section {@code attack} alone, as {@link #method}. */
    public static Settings.Attack attack(Map<String, String> values, String origin) {
        return Sections.read(Settings.Attack.class, "attack.", new Keys(overReference(values, origin)));
    }

    /** The section {@code training} alone, as {@link #method}. */
    public static Settings.Training training(Map<String, String> values, String origin) {
        Keys keys = new Keys(overReference(values, origin));
        Settings.Training training = Sections.read(Settings.Training.class, "training.", keys);
        requireConsistent(training, keys);
        return training;
    }

    /** The section {@code engine} alone, as {@link #method}. */
    public static Settings.Engine engine(Map<String, String> values, String origin) {
        return Sections.read(Settings.Engine.class, "engine.", new Keys(overReference(values, origin)));
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

    /**
     * The command line over the file over its preset over the defaults, with every substitution in place.
     *
     * @param first goes before the command line
     */
    static Config resolve(String uri, Config first, Map<String, String> overrides, Config defaults, Configuration hadoop) {
        try {
            return overPreset(first.withFallback(own(uri, overrides, hadoop)), defaults, uri);
        } catch (ConfigException e) {
            String what = Reason.of(e);
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
                    || (usual.containsKey(entry.getKey()) && usual.get(entry.getKey()).origin().equals(entry.getValue().origin())));
            return given;
        } catch (ConfigException e) {
            throw new InputError(Reason.of(e), e);
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
        ConfigValue value = parsed.get("value");
        if (value == null || parsed.size() != 1) {
            throw new InputError(origin + ": more than one value");
        }
        return ConfigValueFactory.fromAnyRef(value.unwrapped(), origin);
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
        Settings settings = Sections.read(Settings.class, "", keys);
        requireConsistent(settings.training(), keys);
        if (settings.data().examples() > 0 && settings.validation().examples() >= settings.data().examples()) {
            throw keys.refusal("validation.examples",
                    "fewer than the " + settings.data().examples() + " of data.examples: they are held out of them");
        }
        if (settings.training().averaging().kind() == Settings.Averaging.Kind.EMA && settings.cluster().executors() > 1
                && settings.cluster().synchronisation() == Settings.Cluster.Synchronisation.AVERAGING) {
            throw keys.refusal("cluster.synchronisation",
                    "shared, or swa as training.averaging.kind: between two averagings, executors have no common weights"
                            + " that a moving average could follow");
        }
        return settings;
    }

    private static void requireConsistent(Settings.Training training, Keys keys) {
        List<Double> milestones = training.milestones();
        for (int i = 1; i < milestones.size(); i++) {
            if (milestones.get(i) <= milestones.get(i - 1)) {
                throw keys.refusal("training.milestones", "epochs that rise");
            }
        }
        if (training.averaging().kind() != Settings.Averaging.Kind.NONE && training.averaging().fromEpoch() >= training.epochs()) {
            throw keys.refusal("training.averaging.from-epoch", "fewer than the " + training.epochs() + " of training.epochs");
        }
        if (training.warmUp() > training.epochs()) {
            throw keys.refusal("training.warm-up", "no more than the " + training.epochs() + " of training.epochs");
        }
    }
}
