package org.mmard.model;

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
 * Reads the pickles inside a PyTorch file without running anything of theirs. A pickle is a program that may call whatever global it names;
 * here the globals are a short list that makes tensors and dictionaries. Whatever else it names, a namespace, a NumPy number, an
 * optimiser, becomes an {@link Inert} name: it is not looked up, called or built, and what it is given is dropped.
 *
 * <p>What a pickle builds may hold itself, or itself twice in each of a hundred layers. So nothing here walks through it: neither text nor
 * hash nor equality is asked of anything but names and numbers. Libraries for pickles hash what they put into dictionaries, and copy their
 * stack at every tuple, which a small file can make endless.
 */
final class TorchUnpickler {
    private static final int LONGEST_NAME = 300;
    /** A checkpoint with its optimizer's state has some 50,000, in a megabyte or two. */
    private static final int MOST_INSTRUCTIONS = 2_000_000;
    static final int LONGEST = 16 << 20;
    /** Weights are five deep. */
    private static final int DEEPEST = 1000;
    private static final int MOST_DIMENSIONS = 32;
    private static final Map<String, Object> GLOBALS = new HashMap<>();

    static {
        GLOBALS.put("collections.OrderedDict", (Constructor) TorchUnpickler::dictionary);
        GLOBALS.put("torch._utils._rebuild_tensor", (Constructor) TorchUnpickler::tensor);
        GLOBALS.put("torch._utils._rebuild_tensor_v2", (Constructor) TorchUnpickler::tensor);
        GLOBALS.put("torch._utils._rebuild_parameter", (Constructor) arguments -> arguments[0]);
        Map.of("Float", TorchElement.FLOAT, "Double", TorchElement.DOUBLE, "Half", TorchElement.HALF, "BFloat16", TorchElement.BFLOAT16,
                "Long", TorchElement.LONG, "Int", TorchElement.INT, "Short", TorchElement.SHORT, "Char", TorchElement.CHAR,
                "Byte", TorchElement.BYTE, "Bool", TorchElement.BOOL)
                .forEach((name, element) -> GLOBALS.put("torch." + name + "Storage", element));
    }

    private final InputStream in;
    private final Map<String, TorchTensor.Storage> storages;
    private final List<Object> stack = new ArrayList<>();
    /** Heights of the stack. */
    private final Deque<Integer> marks = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private int left = LONGEST;

    /** @param storages takes up every storage that a tensor refers to, by its key */
    TorchUnpickler(InputStream in, Map<String, TorchTensor.Storage> storages) {
        this.in = in;
        this.storages = storages;
    }

    /**
     * An object, a class or a function that weights do not need: its name is all that is kept of it, and nothing is built or called.
     *
     * @param name such as {@code argparse.Namespace}
     */
    record Inert(String name) {}

    /** What a global makes of a call's arguments. */
    private interface Constructor {
        @Nullable
        Object construct(Object[] arguments) throws IOException;
    }

    /** Names and numbers are all that weights are filed under. */
    private static final class Dictionary extends LinkedHashMap<Object, Object> {
        void file(@Nullable Object key, @Nullable Object value) throws IOException {
            // Python allows tuples and objects too, but weights are not filed under them: they are not asked for their hash.
            if (key != null && !(key instanceof Object[]) && !(key instanceof Inert)) {
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
    @Nullable
    Object load() throws IOException {
        for (int done = 0; done < MOST_INSTRUCTIONS; done++) {
            int instruction = unsigned();
            if (instruction == '.') {
                return pop();
            }
            carryOut(instruction);
        }
        throw new IOException("has more than " + MOST_INSTRUCTIONS + " instructions in its list of tensors");
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
            case 'C' -> skipped(unsigned());
            case 'B' -> skipped(length());
            case 0x8e -> skipped(longLength());
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
            case 'Q' -> stack.add(storage((Object[]) needed(pop())));
            case 'R' -> {
                Object[] arguments = (Object[]) needed(pop());
                Object called = needed(pop());
                stack.add(called instanceof Constructor constructor ? constructor.construct(arguments) : instance(called));
            }
            case 'b' -> forgetState();
            default ->
                throw new IOException(String.format("instruction 0x%02x is none that weights need, and is not carried out", instruction));
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
            throw new IOException("has a list of tensors of more than " + (LONGEST >> 20) + " MiB");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int longLength() throws IOException {
        long length = take(Long.BYTES).getLong();
        if (length < 0 || length > LONGEST) {
            throw new IOException("has a length of " + Long.toUnsignedString(length) + " in its list of tensors");
        }
        return Math.toIntExact(length);
    }

    private int length() throws IOException {
        int length = take(Integer.BYTES).getInt();
        if (length < 0 || length > LONGEST) {
            throw new IOException("has a length of " + Integer.toUnsignedString(length) + " in its list of tensors");
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
            throw new IOException("has a list of tensors that is nested more than " + DEEPEST + " deep");
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

    /** Bytes are what NumPy's numbers are made of; weights have none. */
    private void skipped(int length) throws IOException {
        take(length);
        stack.add(new Inert("bytes"));
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

    /**
     * State set on a dictionary is its {@code _metadata}, versions of PyTorch's modules, which no number depends on. That of other objects
     * goes with them.
     */
    private void forgetState() throws IOException {
        pop();
        if (!(peek() instanceof Dictionary || peek() instanceof Inert)) {
            throw new IOException("state is set on something that is no dictionary");
        }
    }

    private static Object global(@Nullable Object module, @Nullable Object name) throws IOException {
        String global = name(module) + "." + name(name);
        Object known = GLOBALS.get(global);
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
    static String name(@Nullable Object value) throws IOException {
        if (value instanceof String name && name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl)) {
            return name;
        }
        throw new IOException("has something else where a name belongs");
    }

    private Object storage(Object[] id) throws IOException {
        if ("module".equals(id[0]) && id[1] instanceof Inert code) {
            // Before 1.6, whole models were saved with the source text of their classes.
            return code;
        }
        if (!"storage".equals(id[0]) || (id.length > 5 && id[5] != null)) {
            throw new IOException("a reference is to no plain storage");
        }
        if (id[1] instanceof Inert unknown) {
            return unknown;
        }
        TorchTensor.Storage read = new TorchTensor.Storage((TorchElement) needed(id[1]), name(id[2]), whole(id[4]));
        TorchTensor.Storage known = storages.putIfAbsent(read.key(), read);
        if (read.length() < 0 || (known != null && !known.equals(read))) {
            throw new IOException("storage " + read.key() + " has a negative length, or two different ones");
        }
        return read;
    }

    private static Dictionary dictionary(Object[] arguments) throws IOException {
        Dictionary dictionary = new Dictionary();
        if (arguments.length > 0) {
            // Python 2 hands the content over in the call.
            for (Object pair : (List<?>) needed(arguments[0])) {
                dictionary.file(((List<?>) pair).get(0), ((List<?>) pair).get(1));
            }
        }
        return dictionary;
    }

    private static Object tensor(Object[] arguments) throws IOException {
        if (arguments[0] instanceof Inert unknown) {
            return unknown;
        }
        long[] shape = numbers(arguments[2]);
        long[] strides = numbers(arguments[3]);
        if (shape.length != strides.length || shape.length > MOST_DIMENSIONS) {
            throw new IOException("a tensor has " + shape.length + " sizes and " + strides.length + " strides");
        }
        return new TorchTensor((TorchTensor.Storage) needed(arguments[0]), whole(arguments[1]), shape, strides);
    }

    private static long[] numbers(Object tuple) throws IOException {
        Object[] values = (Object[]) tuple;
        long[] numbers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            numbers[i] = whole(values[i]);
        }
        return numbers;
    }

    private static long whole(@Nullable Object number) throws IOException {
        if (number instanceof Integer || number instanceof Long) {
            return ((Number) number).longValue();
        }
        throw new IOException("has something else where a whole number of 64 bits belongs");
    }
}
