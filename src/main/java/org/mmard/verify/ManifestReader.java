package org.mmard.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/** Reads a {@link Manifest}. A key that it does not understand is an error: it might change what the arrays mean. */
final class ManifestReader {
    private static final Pattern TRIANGLE = Pattern.compile("sqrt\\(sum v\\^2 \\+ ([0-9.eE+-]+)\\)");
    private static final String TRIANGLE_FORM = "\"sqrt(sum v^2 + NUMBER)\", the number finite and above 0";
    /** Both far above any network of a check; what they describe still fits into memory. */
    private static final int MOST_CLASSES = 10_000;
    private static final int WIDEST = 1024;
    private static final long LARGEST = 1L << 26;
    /** How the JSON library advises its callers, of no use to who wrote the file. */
    private static final Pattern ADVICE = Pattern.compile(": enable `.*");
    /** What the maker says of its own arithmetic: how far float32 fell from float64, and float64 values in full. */
    private static final Pattern PRECISION = Pattern.compile("\\w*(32|64)");
    private static final Set<String> ARRAY_STATISTICS = Set.of("absmax", "absmin", "q01", "zeros", "dev32_where_same_sign");

    private final Path file;

    private ManifestReader(Path file) {
        this.file = file;
    }

    /** @throws InputError naming the file, and the key where it is one */
    static Manifest read(Path file) {
        return new ManifestReader(file).manifest();
    }

    private Manifest manifest() {
        JsonNode root;
        try {
            if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > LARGEST)) {
                throw new InputError(
                        file + ": no file of up to " + (LARGEST >> 20) + " MiB; a fixture folder holds a manifest.json and .npy files");
            }
            root = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY).readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new InputError(file + ": no valid JSON in line " + (e.getLocation() == null ? "1" : e.getLocation().getLineNr()) + ": "
                    + ADVICE.matcher(e.getOriginalMessage()).replaceFirst(""), e);
        } catch (IOException e) {
            throw new InputError(file + ": cannot be read; a fixture folder holds a manifest.json and .npy files", e);
        }
        if (root.isMissingNode()) {
            throw new InputError(file + ": is empty; docs/verify.md says what a manifest holds");
        }
        Keys keys = new Keys("", root);
        keys.fixed("bn_eps", 1e-5);
        keys.fixed("bn_momentum", 0.1);
        // In words, for the reader: of the whole format, not of this fixture.
        keys.describes("bn_running_var");
        keys.describes("inner");
        Manifest manifest = new Manifest(
                shapes(keys.section("arrays")), keys.count("batch"), keys.count("classes", 2, MOST_CLASSES), keys.number("eps"),
                keys.number("step"),
                keys.count("steps"), keys.count("student_width", 1, WIDEST), keys.count("teacher_width", 1, WIDEST),
                triangleSmoothing(keys),
                methods(keys.section("methods")));
        keys.requireAllRead(key -> false);
        return manifest;
    }

    private Map<String, int[]> shapes(Keys arrays) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        for (String name : arrays.names()) {
            Keys array = arrays.section(name);
            shapes.put(name, array.numbers("shape").stream().mapToInt(Integer::intValue).toArray());
            array.requireAllRead(key -> ARRAY_STATISTICS.contains(key) || PRECISION.matcher(key).matches());
        }
        return shapes;
    }

    private List<Manifest.Entry> methods(Keys methods) {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (String name : methods.names()) {
            Keys method = methods.section(name);
            Keys params = method.section("params");
            Map<String, Object> values = new LinkedHashMap<>();
            params.names().forEach(key -> values.put(key, params.scalar(key)));
            entries.add(new Manifest.Entry(name, method.text("inner"), method.text("outer"), values, method.text("attack"),
                    method.text("start"),
                    method.flag("clip_start"), method.text("attack_bn"), method.texts("bn_forward_order")));
            method.requireAllRead(key -> PRECISION.matcher(key).matches());
        }
        return entries;
    }

    private @Nullable Double triangleSmoothing(Keys keys) {
        if (!keys.has("tri_norm")) {
            return null;
        }
        Matcher matcher = TRIANGLE.matcher(keys.text("tri_norm"));
        if (!matcher.matches()) {
            throw keys.refusal("tri_norm", TRIANGLE_FORM);
        }
        try {
            double number = Double.parseDouble(matcher.group(1));
            if (number > 0 && Double.isFinite(number)) {
                return Math.sqrt(number);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw keys.refusal("tri_norm", TRIANGLE_FORM);
    }

    /** The keys of one object of the file, of which all must be read. */
    private final class Keys {
        private final String prefix;
        private final JsonNode node;
        private final List<String> read = new ArrayList<>();

        Keys(String prefix, JsonNode node) {
            this.prefix = prefix;
            this.node = node;
            if (!node.isObject()) {
                throw new InputError(file + ": " + (prefix.isEmpty() ? "the file" : prefix) + " is no JSON object");
            }
        }

        List<String> names() {
            List<String> names = new ArrayList<>();
            node.fieldNames().forEachRemaining(names::add);
            return names;
        }

        boolean has(String key) {
            return node.has(key);
        }

        Keys section(String key) {
            return new Keys(prefix + key + ".", value(key, JsonNode::isObject, "an object"));
        }

        int count(String key) {
            return value(key, at -> at.isInt() && at.intValue() > 0, "a whole number, 1 or above").intValue();
        }

        int count(String key, int least, int most) {
            return value(key, at -> at.isInt() && at.intValue() >= least && at.intValue() <= most,
                    "a whole number from " + least + " to " + most).intValue();
        }

        double number(String key) {
            return value(key, at -> at.isNumber() && at.doubleValue() > 0 && at.doubleValue() <= 1, "a number above 0, up to 1")
                    .doubleValue();
        }

        void fixed(String key, double only) {
            value(key, at -> at.isNumber() && at.doubleValue() == only, only + ", as every network here has it");
        }

        void describes(String key) {
            if (has(key)) {
                text(key);
            }
        }

        String text(String key) {
            return value(key, JsonNode::isTextual, "a text").textValue();
        }

        boolean flag(String key) {
            return value(key, JsonNode::isBoolean, "true or false").booleanValue();
        }

        List<String> texts(String key) {
            List<String> texts = new ArrayList<>();
            value(key, at -> at.isArray() && all(at, JsonNode::isTextual), "a list of texts").forEach(each -> texts.add(each.textValue()));
            return texts;
        }

        List<Integer> numbers(String key) {
            List<Integer> numbers = new ArrayList<>();
            value(key, at -> at.isArray() && all(at, each -> each.isInt() && each.intValue() > 0), "a list of sizes")
                    .forEach(each -> numbers.add(each.intValue()));
            return numbers;
        }

        Object scalar(String key) {
            JsonNode value =
                    value(key, at -> at.isTextual() || (at.isNumber() && Double.isFinite(at.doubleValue())), "a finite number or a text");
            return value.isTextual() ? value.textValue() : (Object) value.doubleValue();
        }

        /** @param statistic keys that may stand there unread, with a number each */
        void requireAllRead(Predicate<String> statistic) {
            for (String name : names()) {
                if (!read.contains(name) && !(statistic.test(name) && node.get(name).isNumber())) {
                    throw new InputError(file + ": " + prefix + name + " is not a key of a fixture's manifest");
                }
            }
        }

        private JsonNode value(String key, Predicate<JsonNode> allowed, String what) {
            read.add(key);
            JsonNode value = node.get(key);
            if (value == null) {
                throw new InputError(file + ": " + prefix + key + " is missing: give " + what);
            }
            if (!allowed.test(value)) {
                throw refusal(key, what);
            }
            return value;
        }

        InputError refusal(String key, String what) {
            return new InputError(file + ": " + prefix + key + " is " + node.get(key) + ": give " + what);
        }

        private boolean all(JsonNode list, Predicate<JsonNode> allowed) {
            for (JsonNode each : list) {
                if (!allowed.test(each)) {
                    return false;
                }
            }
            return true;
        }
    }
}
