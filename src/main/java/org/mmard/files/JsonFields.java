package org.mmard.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * An object in a JSON file of ours, which may be damaged, or somebody else's. Whatever is asked for and is not there as it should be
 * becomes one line that names the file and the field; fields that nobody asks for are passed over, for a newer version may have written
 * them.
 */
public final class JsonFields {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY, DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    /** Keeps every digit, which takes its time. */
    private static final ObjectMapper EXACT = JSON.copy().configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final String file;
    /**
     * The object that this one is in, null at the root, and its name there. Put together in complaints alone: of a long run's lines, there
     * are millions.
     */
    private final @Nullable JsonFields parent;
    private final String name;
    private final JsonNode node;

    private JsonFields(String file, @Nullable JsonFields parent, String name, JsonNode node) {
        this.file = file;
        this.parent = parent;
        this.name = name;
        this.node = node;
    }

    private String path() {
        return parent == null ? "" : parent.path() + Printable.value(name) + ".";
    }

    /**
     * The object that a file, or a line of one, holds.
     *
     * @param file begins every complaint, such as {@code file:/runs/a/provenance.json: not a provenance file}
     * @throws InputError where it is no JSON, or no object
     */
    public static JsonFields of(String file, byte[] content) {
        return of(file, new String(content, StandardCharsets.UTF_8));
    }

    /** The same of a text. */
    public static JsonFields of(String file, String content) {
        return of(file, content, JSON);
    }

    /** The same of a file whose numbers are wanted with all their digits: {@link #exact}. */
    public static JsonFields exactly(String file, byte[] content) {
        return of(file, new String(content, StandardCharsets.UTF_8), EXACT);
    }

    private static JsonFields of(String file, String content, ObjectMapper mapper) {
        JsonNode node;
        try {
            node = mapper.readTree(content);
        } catch (JsonProcessingException e) {
            throw new InputError(file + ": " + Printable.value(e.getOriginalMessage()), e);
        }
        if (!node.isObject()) {
            throw new InputError(
                    file + ": " + (node.isMissingNode() ? "empty" : Printable.value(node.toString())) + " where a JSON object is wanted");
        }
        return new JsonFields(file, null, "", node);
    }

    /** The complaint about a field, ending in what it should be. */
    public InputError refusal(String key, String wanted) {
        JsonNode value = node.get(key);
        return new InputError(file + ": " + path() + Printable.value(key) + " is "
                + (value == null ? "missing" : Printable.value(value.toString())) + ", where "
                + wanted + " is wanted");
    }

    /** Whether the field is there, and is not null. */
    public boolean has(String key) {
        return node.hasNonNull(key);
    }

    /** Whether the field is there, be it null. */
    public boolean says(String key) {
        return node.has(key);
    }

    public List<String> names() {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    public String text(String key) {
        return value(key, JsonNode::isTextual, "a text").textValue();
    }

    /** Null where the field is null or missing. */
    public @Nullable String textOrNull(String key) {
        return has(key) ? text(key) : null;
    }

    public boolean flag(String key) {
        return value(key, JsonNode::isBoolean, "true or false").booleanValue();
    }

    public long whole(String key, long least, long most) {
        if (!isWhole(node.path(key), least, most)) {
            throw refusal(key, words(least, most));
        }
        return node.get(key).longValue();
    }

    /** A whole number that fits an int. */
    public int count(String key, int least, int most) {
        return (int) whole(key, least, most);
    }

    /** A finite number within these bounds. */
    public double number(String key, double least, double most) {
        if (!isNumber(node.path(key), least, most)) {
            throw refusal(key, numberWords(least, most));
        }
        return node.get(key).doubleValue();
    }

    /** A number with all its digits, where the file was read for them. */
    public BigDecimal exact(String key) {
        return value(key, JsonNode::isNumber, "a number").decimalValue();
    }

    /**
     * A number that may be unknown: not a number where it is missing, null or, by an older version, written as {@code "NaN"}.
     */
    public double numberOrUnknown(String key, double least, double most) {
        return !has(key) || node.get(key).asText().equals("NaN") ? Double.NaN : number(key, least, most);
    }

    /** The object under a key. */
    public JsonFields section(String key) {
        return new JsonFields(file, this, key, value(key, JsonNode::isObject, "an object"));
    }

    /** The objects of a list. */
    public List<JsonFields> sections(String key) {
        List<JsonFields> sections = new ArrayList<>();
        for (JsonNode each : elements(key, JsonNode::isObject, "a list of objects", Function.identity())) {
            sections.add(new JsonFields(file, this, key + "[" + sections.size() + "]", each));
        }
        return sections;
    }

    public List<String> texts(String key) {
        return elements(key, JsonNode::isTextual, "a list of texts", JsonNode::textValue);
    }

    public int[] counts(String key, int least, int most) {
        JsonNode list = value(key, at -> at.isArray() && all(at, each -> isWhole(each, least, most)),
                "a list of which each is " + words(least, most));
        int[] numbers = new int[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = list.get(i).intValue();
        }
        return numbers;
    }

    /** Finite numbers within these bounds. */
    public List<Double> numbers(String key, double least, double most) {
        return elements(key, each -> isNumber(each, least, most), "a list of which each is " + numberWords(least, most),
                JsonNode::doubleValue);
    }

    /** Truth values, as 0 and 1. */
    public int[] flags(String key) {
        return elements(key, JsonNode::isBoolean, "a list of true and false", JsonNode::booleanValue).stream()
                .mapToInt(flag -> flag ? 1 : 0).toArray();
    }

    /** Text, number or truth value, as text. */
    public Map<String, String> scalars() {
        Map<String, String> scalars = new LinkedHashMap<>();
        node.fields().forEachRemaining(field -> {
            if (field.getValue().isValueNode() && !field.getValue().isNull()) {
                scalars.put(field.getKey(), field.getValue().asText());
            }
        });
        return scalars;
    }

    /** Every field of this object, which must be texts. */
    public Map<String, String> allTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        names().forEach(name -> texts.put(name, text(name)));
        return texts;
    }

    private <T> List<T> elements(String key, Predicate<JsonNode> allowed, String what, Function<JsonNode, T> as) {
        List<T> elements = new ArrayList<>();
        value(key, at -> at.isArray() && all(at, allowed), what).forEach(each -> elements.add(as.apply(each)));
        return elements;
    }

    private JsonNode value(String key, Predicate<JsonNode> allowed, String wanted) {
        JsonNode value = node.get(key);
        if (value == null || !allowed.test(value)) {
            throw refusal(key, wanted);
        }
        return value;
    }

    private static boolean all(JsonNode list, Predicate<JsonNode> allowed) {
        for (JsonNode each : list) {
            if (!allowed.test(each)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isWhole(JsonNode at, long least, long most) {
        return at.isIntegralNumber() && at.canConvertToLong() && at.longValue() >= least && at.longValue() <= most;
    }

    private static boolean isNumber(JsonNode at, double least, double most) {
        return at.isNumber() && at.doubleValue() >= least && at.doubleValue() <= most;
    }

    private static String words(long least, long most) {
        return "a whole number" + (most == Integer.MAX_VALUE || most == Long.MAX_VALUE
                ? (least == Long.MIN_VALUE ? "" : ", " + least + " or above") : " from " + least + " to " + most);
    }

    private static String numberWords(double least, double most) {
        return most == Double.MAX_VALUE ? (least == 0 ? "a finite number, 0 or above" : "a finite number")
                : "a number from " + plain(least) + " to " + plain(most);
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) && Math.abs(bound) < 1e15 ? Long.toString((long) bound) : Double.toString(bound);
    }
}
