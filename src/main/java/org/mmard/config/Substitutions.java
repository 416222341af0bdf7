package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.lang3.StringUtils;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * Puts the values in place that a configuration names as <code>${key}</code>. Before that it finds out how large the result would be, for a
 * few lines in which each names the one before twice grow beyond any memory. Of the environment, a configuration may read what is meant for
 * it, and where its user is at home: a file from elsewhere must not carry off the passwords that other programs keep there.
 */
final class Substitutions {
    /** Characters of all values together. */
    private static final long LARGEST = 1 << 22;
    private static final int LONGEST_CHAIN = 100;
    /**
     * In a circle, such as that of a key that is appended to, what grows is not counted but bounded: 3 to the power of a third of these.
     */
    private static final int MOST_IN_CIRCLES = 16;
    private static final String OPENING = "${";
    private static final String OUR_VARIABLES = "MMARD_";
    private static final Set<String> VARIABLES = Set.of("HOME", "USER", "LOGNAME", "PWD", "TMPDIR", "HOSTNAME");
    private static final String SEPARATOR = "\0";

    private final Config config;
    private final String origin;
    /** Everything that is no section, by the parts of its key, each followed by {@link #SEPARATOR}. */
    private final TreeMap<String, Leaf> leaves = new TreeMap<>();
    private final Map<String, ConfigValue> environment = new HashMap<>();
    private int references;
    private boolean circles;

    private static final class Leaf {
        private final long length;
        private final List<String> references;
        private long size = -1;
        private boolean open;

        Leaf(long length, List<String> references) {
            this.length = length;
            this.references = references;
        }
    }

    private Substitutions(Config config, String origin) {
        this.config = config;
        this.origin = origin;
    }

    /**
     * The configuration with every substitution in place.
     *
     * @param origin of it, for complaints
     * @throws ConfigException where one names what is not there
     * @throws InputError where they would grow too large, or name a variable
     *     that is not meant for us
     */
    static Config resolve(Config config, String origin) {
        try {
            return new Substitutions(config, origin).resolve();
        } catch (StackOverflowError e) {
            throw new InputError(origin + ": too deep to be read; no configuration is", e);
        }
    }

    private Config resolve() {
        collect("", config.root());
        long size = 0;
        for (Leaf leaf : leaves.values()) {
            size = add(size, size(leaf, 0));
        }
        if (circles && references > MOST_IN_CIRCLES) {
            throw new InputError(origin + ": " + references + " substitutions, some of which name themselves; " + MOST_IN_CIRCLES
                    + " of that kind are the most");
        }
        Config whole = config.withFallback(ConfigValueFactory.fromMap(environment))
                .resolve(ConfigResolveOptions.defaults().setUseSystemEnvironment(false));
        for (String name : environment.keySet()) {
            whole = whole.withoutPath(ConfigUtil.quoteString(name));
        }
        return whole;
    }

    private void collect(String prefix, ConfigObject section) {
        for (Map.Entry<String, ConfigValue> entry : section.entrySet()) {
            String path = prefix + entry.getKey() + SEPARATOR;
            if (entry.getValue() instanceof ConfigObject inner && isSection(inner)) {
                collect(path, inner);
            } else {
                leaves.put(path, leaf(entry.getValue()));
            }
        }
    }

    /** A section that is put together from others cannot be looked into before that. */
    private static boolean isSection(ConfigObject section) {
        try {
            var unused = section.entrySet();
            return true;
        } catch (ConfigException.NotResolved e) {
            return false;
        }
    }

    private Leaf leaf(ConfigValue value) {
        String text = value.render(ConfigRenderOptions.concise());
        List<String> named = new ArrayList<>();
        // By hand: a regular expression looks for the closing brace anew behind every opening one, for hours where there are a hundred
        // thousand and no closing one.
        for (int open = text.indexOf(OPENING), close; open >= 0 && (close = text.indexOf('}', open)) >= 0; open =
                text.indexOf(OPENING, close)) {
            named.add(StringUtils.removeStart(text.substring(open + OPENING.length(), close), "?"));
        }
        references += named.size();
        return new Leaf(text.length(), named);
    }

    /** How long a value will be, with all that it names. */
    private long size(Leaf leaf, int depth) {
        if (depth > LONGEST_CHAIN) {
            throw tooLarge();
        }
        if (leaf.open) {
            circles = true;
            return leaf.length;
        }
        if (leaf.size < 0) {
            leaf.open = true;
            long size = leaf.length;
            for (String reference : leaf.references) {
                size = add(size, named(reference, depth));
            }
            leaf.size = size;
            leaf.open = false;
        }
        return leaf.size;
    }

    private long named(String reference, int depth) {
        List<String> parts;
        try {
            parts = ConfigUtil.splitPath(reference);
        } catch (ConfigException e) {
            // The library will say what is wrong with it.
            return 0;
        }
        String path = String.join(SEPARATOR, parts) + SEPARATOR;
        long size = 0;
        boolean found = false;
        for (Map.Entry<String, Leaf> below : leaves.tailMap(path, true).entrySet()) {
            if (!below.getKey().startsWith(path)) {
                break;
            }
            size = add(size, size(below.getValue(), depth + 1));
            found = true;
        }
        for (int i = 1; i < parts.size(); i++) {
            Leaf above = leaves.get(String.join(SEPARATOR, parts.subList(0, i)) + SEPARATOR);
            if (above != null) {
                size = add(size, size(above, depth + 1));
                found = true;
            }
        }
        return found || parts.size() > 1 ? size : variable(parts.get(0));
    }

    private long variable(String name) {
        String value = System.getenv(name);
        if (value == null) {
            return 0;
        }
        if (!VARIABLES.contains(name) && !name.startsWith(OUR_VARIABLES)) {
            throw new InputError(origin + ": ${" + Printable.value(name) + "}: of the environment, a configuration may read "
                    + String.join(", ", VARIABLES.stream().sorted().toList()) + " and what begins with " + OUR_VARIABLES
                    + "; give the value by -D, or as "
                    + OUR_VARIABLES + Printable.value(name));
        }
        environment.put(name, ConfigValueFactory.fromAnyRef(value, "environment variable " + name));
        return value.length();
    }

    private long add(long one, long other) {
        if (one + other > LARGEST) {
            throw tooLarge();
        }
        return one + other;
    }

    private InputError tooLarge() {
        return new InputError(origin + ": its substitutions name one another so often that the whole would be larger than "
                + (LARGEST >> 20) + " million characters, or the chain of them longer than " + LONGEST_CHAIN);
    }
}
