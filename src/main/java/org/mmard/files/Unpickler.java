package org.mmard.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle of Python's without running anything of it. A pickle is a program that may call whatever global it names; here the globals
 * are those that the reader of a format hands over. Whatever else it names, a namespace, an optimiser, becomes an {@link Inert} name: it is
 * not looked up, called or built, and what it is given is dropped.
 *
 * <p>What a pickle builds may hold itself, or itself twice in each of a hundred layers. So nothing here walks through it: neither text nor
 * hash nor equality is asked of anything but names and numbers. Libraries for pickles hash what they put into dictionaries, and copy their
 * stack at every tuple, which a small file can make endless.
 *
 * <p>Texts are {@code String}s (those of Python 2 character by byte), bytes {@code byte[]}, whole numbers {@code Integer}, {@code Long} or
 * {@code BigInteger}, lists {@code List}, tuples {@code Object[]}, dictionaries {@code Map}, None null.
 */
public final class Unpickler {
    private static final int LONGEST_NAME = 300;
    /** A checkpoint with its optimizer's state has some 50,000, in a megabyte or two. */
    private static final int MOST_INSTRUCTIONS = 2_000_000;
    /** Weights are five deep. */
    private static final int DEEPEST = 1000;

    private final InputStream in;
    private final int longest;
    private final Map<String, Object> globals;
    private final References references;
    private final List<Object> stack = new ArrayList<>();
    /** Heights of the stack. */
    private final Deque<Integer> marks = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private int left;

    /**
     * @param longest bytes of the pickle at most
     * @param globals what the format knows, by module and name with a dot between: {@link Constructor}s, or values
     * @param references reads what lies outside the pickle
     */
    public Unpickler(InputStream in, int longest, Map<String, Object> globals, References references) {
        this.in = in;
        this.longest = longest;
        this.globals = globals;
        this.references = references;
        left = longest;
    }

    /**
     * An object, a class or a function that the format does not need: its name is all that is kept of it, and nothing is built or called.
     *
     * @param name such as {@code argparse.Namespace}
     */
    public record Inert(String name) {}

    /** What a global makes of a call's arguments. */
    @FunctionalInterface
    public interface Constructor {
        @Nullable
        Object construct(Object[] arguments) throws IOException;
    }

    /** What a {@link Constructor} made, and the pickle hands a state to. */
    public interface Stateful {
        void state(@Nullable Object state) throws IOException;
    }

    /** Reads what lies outside the pickle. */
    @FunctionalInterface
    public interface References {
        Object read(Object[] id) throws IOException;
    }

    /** Names and numbers are all that entries are filed under. */
    public static final class Dictionary extends LinkedHashMap<Object, Object> {
        private static final long serialVersionUID = 1L;

        /** @throws IOException where the key is a container, or no name */
        public void file(@Nullable Object key, @Nullable Object value) throws IOException {
            // Python allows tuples and objects too, but nothing that is read is filed under them: they are not asked for their hash.
            if (key instanceof byte[] bytes) {
                put(name(new String(bytes, StandardCharsets.ISO_8859_1)), value);
            } else if (key != null && !(key instanceof Object[]) && !(key instanceof Inert)) {
                put(key instanceof Number || key instanceof Boolean ? key : name(key), value);
            }
        }
    }

    /**
     * Reads one pickle to its end and no further.
     *
     * @throws EOFException where it is cut
     * @throws IOException where it asks for what is not to be had
     * @throws RuntimeException where its instructions make no sense: a value of the wrong kind, or none, where one is needed
     */
    public @Nullable Object load() throws IOException {
        for (int done = 0; done < MOST_INSTRUCTIONS; done++) {
            int instruction = unsigned();
            if (instruction == '.') {
                return pop();
            }
            carryOut(instruction);
        }
        throw new IOException("has more than " + MOST_INSTRUCTIONS + " instructions");
    }

    /**
     * Those of the protocols 2 to 4. Left out are those of the protocols 0 and 1 that PyTorch never wrote, and what refers to a table of
     * the reading program's.
     */
    private void carryOut(int instruction) throws IOException {
        switch (instruction) {
            case 0x80 -> unsigned();
            case 0x95 -> take(Long.BYTES);
            case '(' -> mark();
            case 'N' -> stack.add(null);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'K' -> stack.add(unsigned());
            case 'M' -> stack.add(take(Short.BYTES).getShort() & 0xffff);
            case 'J' -> stack.add(take(Integer.BYTES).getInt());
            case 'G' -> stack.add(take(Double.BYTES).order(ByteOrder.BIG_ENDIAN).getDouble());
            case 0x8a -> stack.add(integer(take(unsigned()).array()));
            case 0x8b -> stack.add(integer(take(length()).array()));
            case 'C' -> stack.add(take(unsigned()).array());
            case 'B' -> stack.add(take(length()).array());
            case 0x8e -> stack.add(take(longLength()).array());
            case 0x8d -> stack.add(new String(take(longLength()).array(), StandardCharsets.UTF_8));
            case 'T' -> stack.add(new String(take(length()).array(), StandardCharsets.ISO_8859_1));
            case 0x8f -> stack.add(new Inert("set"));
            case 0x90 -> sinceMark();
            case 0x91 -> {
                sinceMark();
                stack.add(new Inert("frozenset"));
            }
            case 0x81 -> {
                pop();
                stack.add(instance(needed(pop())));
            }
            case 0x92 -> {
                top(2);
                stack.add(instance(needed(pop())));
            }
            case 'U' -> stack.add(new String(take(unsigned()).array(), StandardCharsets.ISO_8859_1));
            case 0x8c -> stack.add(new String(take(unsigned()).array(), StandardCharsets.UTF_8));
            case 'X' -> stack.add(new String(take(length()).array(), StandardCharsets.UTF_8));
            case ')' -> stack.add(new Object[0]);
            case 't' -> stack.add(sinceMark());
            case 0x85 -> stack.add(new Object[] {pop()});
            case 0x86 -> stack.add(top(2));
            case 0x87 -> stack.add(top(3));
            case ']' -> stack.add(new ArrayList<>());
            case 'a' -> append(top(1));
            case 'e' -> append(sinceMark());
            case '}' -> stack.add(new Dictionary());
            case 's' -> setItems(top(2));
            case 'u' -> setItems(sinceMark());
            case 'q' -> memo.put(unsigned(), peek());
            case 'r' -> memo.put(length(), peek());
            case 0x94 -> memo.put(memo.size(), peek());
            case 'h' -> stack.add(remembered(unsigned()));
            case 'j' -> stack.add(remembered(length()));
            case 'c' -> {
                String module = line();
                stack.add(global(module, line()));
            }
            case 0x93 -> {
                Object name = pop();
                stack.add(global(pop(), name));
            }
            case 'Q' -> stack.add(references.read((Object[]) needed(pop())));
            case 'R' -> {
                Object[] arguments = (Object[]) needed(pop());
                Object called = needed(pop());
                stack.add(called instanceof Constructor constructor ? constructor.construct(arguments) : instance(called));
            }
            case 'b' -> setState();
            default ->
                throw new IOException(String.format("instruction 0x%02x is none that data needs, and is not carried out", instruction));
        }
    }

    private int unsigned() throws IOException {
        return take(1).get() & 0xff;
    }

    /**
     * The next bytes, in the order of a pickle's numbers. Their length may come from the file: the stream sets nothing aside for bytes that
     * it does not have.
     */
    private ByteBuffer take(int length) throws IOException {
        left -= length;
        if (left < 0) {
            throw new IOException("has a pickle of more than " + (longest >> 20) + " MiB");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int longLength() throws IOException {
        long length = take(Long.BYTES).getLong();
        if (length < 0 || length > longest) {
            throw new IOException("has a length of " + Long.toUnsignedString(length) + " in its pickle");
        }
        return Math.toIntExact(length);
    }

    private int length() throws IOException {
        int length = take(Integer.BYTES).getInt();
        if (length < 0 || length > longest) {
            throw new IOException("has a length of " + Integer.toUnsignedString(length) + " in its pickle");
        }
        return length;
    }

    private static Number integer(byte[] littleEndian) {
        byte[] bytes = new byte[littleEndian.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = littleEndian[bytes.length - 1 - i];
        }
        BigInteger value = bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
        // Not by a conditional expression, which would make the one the other.
        if (value.bitLength() < Long.SIZE) {
            return value.longValue();
        }
        return value;
    }

    private void mark() throws IOException {
        if (marks.size() == DEEPEST) {
            throw new IOException("has a pickle that is nested more than " + DEEPEST + " deep");
        }
        marks.push(stack.size());
    }

    private Object[] sinceMark() {
        return from(marks.pop());
    }

    private Object[] top(int count) {
        int start = stack.size() - count;
        if (start < floor()) {
            throw new IllegalStateException("no value where one is needed");
        }
        return from(start);
    }

    private Object[] from(int start) {
        List<Object> tail = stack.subList(start, stack.size());
        Object[] values = tail.toArray();
        tail.clear();
        return values;
    }

    private int floor() {
        return marks.isEmpty() ? 0 : marks.peek();
    }

    private @Nullable Object pop() {
        return top(1)[0];
    }

    private @Nullable Object peek() {
        return stack.get(stack.size() - 1);
    }

    private static <T> T needed(@Nullable T value) {
        return Objects.requireNonNull(value, "None where a value is needed");
    }

    @SuppressWarnings("unchecked")
    private void append(Object... values) {
        if (!(peek() instanceof Inert)) {
            ((ArrayList<Object>) needed(peek())).addAll(Arrays.asList(values));
        }
    }

    /** What a class or a function would give, had it been called. */
    private static Inert instance(Object called) {
        return (Inert) called;
    }

    private void setItems(Object[] keysAndValues) throws IOException {
        if (peek() instanceof Inert) {
            return;
        }
        Dictionary dictionary = (Dictionary) needed(peek());
        for (int i = 0; i < keysAndValues.length; i += 2) {
            dictionary.file(keysAndValues[i], keysAndValues[i + 1]);
        }
    }

    private @Nullable Object remembered(int number) {
        if (!memo.containsKey(number)) {
            throw new IllegalStateException("nothing is remembered under a number");
        }
        return memo.get(number);
    }

    /** The state of a dictionary, which PyTorch's {@code _metadata} is, and of inert objects is dropped. */
    private void setState() throws IOException {
        Object state = pop();
        if (peek() instanceof Stateful object) {
            object.state(state);
        } else if (!(peek() instanceof Dictionary || peek() instanceof Inert)) {
            throw new IOException("state is set on something that has none");
        }
    }

    private Object global(@Nullable Object module, @Nullable Object name) throws IOException {
        String global = name(module) + "." + name(name);
        Object known = globals.get(global);
        return known == null ? new Inert(global) : known;
    }

    /** A global's module or name: they stand on a line each. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = unsigned(); next != '\n'; next = unsigned()) {
            if (line.length() > LONGEST_NAME) {
                throw new IOException("a global's name is damaged");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    /** Names end up in messages, of one line that can be read. */
    public static String name(@Nullable Object value) throws IOException {
        if (value instanceof String name && name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl)) {
            return name;
        }
        throw new IOException("has something else where a name belongs");
    }

    /** An {@code OrderedDict}, of its call's arguments. */
    public static Dictionary dictionary(Object[] arguments) throws IOException {
        Dictionary dictionary = new Dictionary();
        if (arguments.length > 0) {
            // Python 2 hands the content over in the call.
            for (Object pair : (List<?>) needed(arguments[0])) {
                dictionary.file(((List<?>) pair).get(0), ((List<?>) pair).get(1));
            }
        }
        return dictionary;
    }

    /** A tuple of whole numbers. */
    public static long[] numbers(Object tuple) throws IOException {
        Object[] values = (Object[]) tuple;
        long[] numbers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            numbers[i] = whole(values[i]);
        }
        return numbers;
    }

    /** @throws IOException where it is none, or a longer one */
    public static long whole(@Nullable Object number) throws IOException {
        if (number instanceof Integer || number instanceof Long) {
            return ((Number) number).longValue();
        }
        throw new IOException("has something else where a whole number of 64 bits belongs");
    }
}
