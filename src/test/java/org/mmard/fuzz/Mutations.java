package org.mmard.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Changes to a good input, drawn from random numbers alone. */
public final class Mutations {
    /** Numbers at which lengths, counts and indices go wrong. */
    private static final long[] NUMBERS = {
        0, 1, -1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 1 << 24, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 32, 1L << 40,
        Long.MAX_VALUE, Long.MIN_VALUE};
    /** Words at which readers, terminals and pages go wrong. */
    private static final String[] WORDS = {
        "", " ", "\n", "\u001b[31mred", "\u202e", "\u0000", "\ud800", "é漢", "../../etc/passwd", "/dev/zero", "<script>alert(1)</script>",
        "${HOME}", "NaN", "-0", "1e999", "null", "true",
        "%s%n%d", "http://127.0.0.1:9/x", "file:///etc/passwd", "classpath:x", "java.lang.Runtime", "'; rm -rf x", "a".repeat(70_000)};
    private static final ObjectMapper JSON = new ObjectMapper();

    private Mutations() {}

    /** One to three small changes, or one large one: bits, bytes, numbers of 2 to 8 bytes, parts cut, doubled, swapped or filled. */
    public static byte[] bytes(byte[] good, SplittableRandom random) {
        byte[] bad = good.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0 && bad.length > 0; changes--) {
            bad = change(bad, random);
        }
        return bad;
    }

    private static byte[] change(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, at + 1 + random.nextInt(random.nextInt(4) == 0 ? bytes.length : 16));
        byte[] part = Arrays.copyOfRange(bytes, at, to);
        switch (random.nextInt(9)) {
            case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> bytes[at] = (byte) random.nextInt(256);
            case 3 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 4 -> {
                return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, to, bytes.length));
            }
            case 5 -> {
                return joined(Arrays.copyOf(bytes, at), part, part, Arrays.copyOfRange(bytes, to, bytes.length));
            }
            case 6 -> {
                return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, to, bytes.length), part);
            }
            case 7 -> Arrays.fill(bytes, at, to, (byte) (random.nextBoolean() ? 0 : 255));
            default -> number(bytes, at, random);
        }
        return bytes;
    }

    private static void number(byte[] bytes, int at, SplittableRandom random) {
        ByteBuffer number = ByteBuffer.allocate(8).order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int size = 2 << random.nextInt(3);
        long value = number(random);
        switch (size) {
            case 2 -> number.putShort((short) value);
            case 4 -> number.putInt((int) value);
            default -> number.putLong(value);
        }
        System.arraycopy(number.array(), 0, bytes, at, Math.min(size, bytes.length - at));
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** A number at which readers go wrong, or any other. */
    public static long number(SplittableRandom random) {
        return random.nextInt(5) == 0 ? random.nextLong() : NUMBERS[random.nextInt(NUMBERS.length)];
    }

    public static String word(SplittableRandom random) {
        return WORDS[random.nextInt(WORDS.length)];
    }

    /**
     * A text with one to three of its lines or words changed, dropped, doubled, or replaced by a troublesome one; or its bytes, as
     * {@link #bytes}.
     */
    public static String text(String good, SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return new String(bytes(good.getBytes(java.nio.charset.StandardCharsets.UTF_8), random),
                    java.nio.charset.StandardCharsets.UTF_8);
        }
        List<String> parts = new ArrayList<>(List.of(good.split(random.nextBoolean() ? "(?<=\n)" : "\\b")));
        for (int changes = 1 + random.nextInt(3); changes > 0 && !parts.isEmpty(); changes--) {
            int at = random.nextInt(parts.size());
            switch (random.nextInt(6)) {
                case 0 -> parts.remove(at);
                case 1 -> parts.add(at, parts.get(random.nextInt(parts.size())));
                case 2 -> parts.set(at, word(random));
                case 3 -> parts.set(at, Long.toString(number(random)));
                // Some of the text over and over, without what follows it there: what a search starts anew at each of.
                case 4 -> parts.set(at, piece(good, random).repeat(1 << random.nextInt(16)));
                default -> parts.add(at, ("[{".substring(random.nextInt(2))).repeat(random.nextInt(8) == 0 ? 20_000 : 1));
            }
        }
        return String.join("", parts);
    }

    private static String piece(String text, SplittableRandom random) {
        int from = random.nextInt(text.length());
        return text.substring(from, Math.min(text.length(), from + 1 + random.nextInt(3)));
    }

    /**
     * A JSON text with one to three of its values, anywhere, dropped, null, of another kind, out of range, doubled or nested deeply; or
     * changed as a {@link #text}.
     */
    public static String json(String good, SplittableRandom random) throws IOException {
        if (random.nextInt(5) == 0) {
            return text(good, random);
        }
        JsonNode root = JSON.readTree(good);
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            List<JsonNode> containers = new ArrayList<>();
            collect(root, containers);
            if (containers.isEmpty()) {
                break;
            }
            if (random.nextInt(40) == 0) {
                return value(random).toString();
            }
            change(containers.get(random.nextInt(containers.size())), random);
        }
        String bad = root.toString();
        // A key twice: the tree cannot hold it, the text can.
        return random.nextInt(12) == 0 && bad.startsWith("{\"") ? "{" + bad.substring(1, bad.length() - 1) + "," + bad.substring(1) : bad;
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode() && !node.isEmpty()) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }

    private static void change(JsonNode container, SplittableRandom random) {
        int at = random.nextInt(container.size());
        boolean drop = random.nextInt(5) == 0;
        if (container instanceof ArrayNode array) {
            if (drop) {
                array.remove(at);
            } else if (random.nextInt(4) == 0) {
                array.insert(at, array.get(random.nextInt(array.size())).deepCopy());
            } else {
                array.set(at, value(random));
            }
            return;
        }
        ObjectNode object = (ObjectNode) container;
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        String name = names.get(at);
        if (drop) {
            object.remove(name);
        } else if (random.nextInt(6) == 0) {
            object.set(word(random), object.get(name));
        } else if (random.nextInt(4) == 0) {
            object.set(name, object.get(names.get(random.nextInt(names.size()))).deepCopy());
        } else {
            object.set(name, value(random));
        }
    }

    private static JsonNode value(SplittableRandom random) {
        JsonNodeFactory make = JsonNodeFactory.instance;
        return switch (random.nextInt(9)) {
            case 0, 1 -> make.nullNode();
            case 2, 3 -> make.numberNode(number(random));
            case 4 -> make.numberNode(new double[] {-1.5, 0.5, 1e300, 1e-300, Double.MAX_VALUE, -0.0}[random.nextInt(6)]);
            case 5 -> make.textNode(word(random));
            case 6 -> make.booleanNode(random.nextBoolean());
            case 7 -> random.nextBoolean() ? make.arrayNode() : make.objectNode();
            default -> nested(make, random.nextInt(4) == 0 ? 900 : 3);
        };
    }

    private static JsonNode nested(JsonNodeFactory make, int depth) {
        JsonNode node = make.numberNode(1);
        for (int i = 0; i < depth; i++) {
            node = i % 2 == 0 ? make.arrayNode().add(node) : make.objectNode().set("a", node);
        }
        return node;
    }
}
