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

/**
 * Reads the pickles inside a PyTorch file without running anything of theirs. A pickle is a program that may call whatever global it names;
 * here the globals are a short list that makes tensors and dictionaries, and the instructions those that {@code torch.save} writes for
 * them. All else is refused, by name.
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

    /** What a global makes of a call's arguments. */
    private interface Constructor {
        Object construct(Object[] arguments) throws IOException;
    }

    /** Names and numbers are all that weights are filed under. */
    private static final class Dictionary extends LinkedHashMap<Object, Object> {
        void file(Object key, Object value) throws IOException {
            put(key instanceof Number || key instanceof Boolean ? key : name(key), value);
        }
    }

    /**
     * Reads one pickle to its end and no further.
     *
     * @throws EOFException where it is cut
     * @throws IOException where it asks for what is not to be had
     * @throws RuntimeException where its instructions make no sense: a value of the wrong kind, or none, where one is needed
     */
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
     * Those of protocol 2 and, from 0x8c on, what protocol 4 writes in their place. Left out is all that calls, allocates by a stated
     * length or reads code.
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
            case 'U' -> stack.add(new String(take(unsigned()).array(), StandardCharsets.ISO_8859_1));
            case 0x8c -> stack.add(new String(take(unsigned()).array(), StandardCharsets.UTF_8));
            case 'X' -> stack.add(new String(take(length()).array(), StandardCharsets.UTF_8));
            case ')' -> stack.add(new Object[0]);
            case 't' -> stack.add(sinceMark());
            case 0x85 -> stack.add(new Object[] {pop()});
            case 0x86 -> stack.add(top(2));
            case 0x87 -> stack.add(top(3));
            case ']' -> stack.add(new ArrayList<>());
            case 'a' -> {
                Object value = pop();
                list().add(value);
            }
            case 'e' -> {
                Object[] values = sinceMark();
                list().addAll(Arrays.asList(values));
            }
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
            case 'Q' -> stack.add(storage((Object[]) pop()));
            case 'R' -> {
                Object[] arguments = (Object[]) pop();
                stack.add(((Constructor) pop()).construct(arguments));
            }
            case 'b' -> requireDictionary();
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

    private Object pop() {
        return top(1)[0];
    }

    private Object peek() {
        return stack.get(stack.size() - 1);
    }

    @SuppressWarnings("unchecked")
    private List<Object> list() {
        return (ArrayList<Object>) peek();
    }

    private void setItems(Object[] keysAndValues) throws IOException {
        Dictionary dictionary = (Dictionary) peek();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            dictionary.file(keysAndValues[i], keysAndValues[i + 1]);
        }
    }

    private Object remembered(int number) {
        if (!memo.containsKey(number)) {
            throw new IllegalStateException("nothing is remembered under a number");
        }
        return memo.get(number);
    }

    /** State set on a dictionary is its {@code _metadata}, versions of PyTorch's modules, which no number depends on. */
    private void requireDictionary() throws IOException {
        pop();
        if (!(peek() instanceof Dictionary)) {
            throw new IOException("state is set on something that is no dictionary");
        }
    }

    private static Object global(Object module, Object name) throws IOException {
        String global = name(module) + "." + name(name);
        Object known = GLOBALS.get(global);
        if (known == null) {
            throw new IOException("names " + global + ", which is no part of a state_dict; nothing in a file is ever run or built. "
                    + "In PyTorch, save model.state_dict() alone");
        }
        return known;
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
    private static String name(Object value) throws IOException {
        if (value instanceof String name && name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl)) {
            return name;
        }
        throw new IOException("has something else where a name belongs");
    }

    private TorchTensor.Storage storage(Object[] id) throws IOException {
        if (!"storage".equals(id[0]) || (id.length > 5 && id[5] != null)) {
            throw new IOException("a reference is to no plain storage");
        }
        TorchTensor.Storage read = new TorchTensor.Storage((TorchElement) id[1], name(id[2]), whole(id[4]));
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
            for (Object pair : (List<?>) arguments[0]) {
                dictionary.file(((List<?>) pair).get(0), ((List<?>) pair).get(1));
            }
        }
        return dictionary;
    }

    private static TorchTensor tensor(Object[] arguments) throws IOException {
        long[] shape = numbers(arguments[2]);
        long[] strides = numbers(arguments[3]);
        if (shape.length != strides.length || shape.length > MOST_DIMENSIONS) {
            throw new IOException("a tensor has " + shape.length + " sizes and " + strides.length + " strides");
        }
        return new TorchTensor((TorchTensor.Storage) arguments[0], whole(arguments[1]), shape, strides);
    }

    private static long[] numbers(Object tuple) throws IOException {
        Object[] values = (Object[]) tuple;
        long[] numbers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            numbers[i] = whole(values[i]);
        }
        return numbers;
    }

    private static long whole(Object number) throws IOException {
        if (number instanceof Integer || number instanceof Long) {
            return ((Number) number).longValue();
        }
        throw new IOException("has something else where a whole number of 64 bits belongs");
    }
}
