package org.mmard.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.Unpickler;

/**
 * Reads the pickles inside a PyTorch file without running anything of theirs. A pickle is a program that may call whatever global it names; here
 * the globals are a short list that makes tensors and dictionaries, and the instructions those that {@code torch.save} writes for them. All
 * else is refused, by name. The library's own table of constructors, which is open to everybody in the JVM, is never asked.
 */
final class TorchUnpickler extends Unpickler {
    private static final int LONGEST_NAME = 300;
    private static final int STACK_GLOBAL = 0x93;
    /** Protocol 2 and, from 0x8c on, what protocol 4 writes in its place. Left out is all that calls, allocates by a stated length or reads code. */
    private static final BitSet DELEGATED = new BitSet();
    private static final Map<String, Object> GLOBALS = new HashMap<>();

    static {
        ".()t]aesuqrhjNKMJGU".chars().forEach(DELEGATED::set);
        Arrays.stream(new int[] {0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x94, 0x95}).forEach(DELEGATED::set);
        GLOBALS.put("collections.OrderedDict", (IObjectConstructor) TorchUnpickler::dictionary);
        GLOBALS.put("torch._utils._rebuild_tensor", (IObjectConstructor) TorchUnpickler::tensor);
        GLOBALS.put("torch._utils._rebuild_tensor_v2", (IObjectConstructor) TorchUnpickler::tensor);
        GLOBALS.put("torch._utils._rebuild_parameter", (IObjectConstructor) arguments -> arguments[0]);
        Map.of("Float", TorchElement.FLOAT, "Double", TorchElement.DOUBLE, "Half", TorchElement.HALF, "BFloat16", TorchElement.BFLOAT16,
                "Long", TorchElement.LONG, "Int", TorchElement.INT, "Short", TorchElement.SHORT, "Char", TorchElement.CHAR,
                "Byte", TorchElement.BYTE, "Bool", TorchElement.BOOL).forEach((name, element) -> GLOBALS.put("torch." + name + "Storage", element));
    }

    private final Map<String, TorchTensor.Storage> storages;

    /** @param storages takes up every storage that a tensor refers to, by its key */
    TorchUnpickler(Map<String, TorchTensor.Storage> storages) {
        this.storages = storages;
    }

    /** Names and numbers are all that weights are filed under; a container as a key could make hashing it endless. */
    private static final class Dictionary extends LinkedHashMap<Object, Object> {
        @Override
        public Object put(Object key, Object value) {
            if (!(key instanceof Number || key instanceof Boolean)) {
                return super.put(name(key), value);
            }
            return super.put(key, value);
        }
    }

    @Override
    protected Object dispatch(short instruction) throws IOException {
        switch (instruction) {
            case 'c' -> stack.add(global(line(), line()));
            case STACK_GLOBAL -> {
                Object name = stack.pop();
                stack.add(global(stack.pop(), name));
            }
            case '}' -> stack.add(new Dictionary());
            case 'X' -> stack.add(text());
            case 'Q' -> stack.add(storage((Object[]) stack.pop()));
            case 'R' -> {
                Object[] arguments = (Object[]) stack.pop();
                stack.add(((IObjectConstructor) stack.pop()).construct(arguments));
            }
            case 'b' -> requireDictionary();
            default -> {
                if (instruction < 0 || !DELEGATED.get(instruction)) {
                    throw new PickleException(String.format("instruction 0x%02x is none that weights need, and is not carried out", instruction));
                }
                return super.dispatch(instruction);
            }
        }
        return NO_RETURN_VALUE;
    }

    /** State set on a dictionary is its {@code _metadata}, versions of PyTorch's modules, which no number depends on. */
    private void requireDictionary() {
        stack.pop();
        if (!(stack.peek() instanceof Dictionary)) {
            throw new PickleException("state is set on something that is no dictionary");
        }
    }

    private static Object global(Object module, Object name) {
        String global = name(module) + "." + name(name);
        Object known = GLOBALS.get(global);
        if (known == null) {
            throw new PickleException("names " + global + ", which is no part of a state_dict; nothing in a file is ever run or built. "
                    + "In PyTorch, save model.state_dict() alone");
        }
        return known;
    }

    /** A global's module or name: they stand on a line each. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0 || line.length() > LONGEST_NAME) {
                throw new PickleException("a global's name is damaged");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    /** Names end up in messages, of one line that can be read. */
    private static String name(Object value) {
        if (value instanceof String name && name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl)) {
            return name;
        }
        throw new PickleException("has something else where a name belongs");
    }

    /** The length comes from the file, so nothing is set aside for it beforehand. */
    private String text() throws IOException {
        byte[] prefix = input.readNBytes(Integer.BYTES);
        int length = prefix.length < Integer.BYTES ? -1 : Integer.reverseBytes(ByteBuffer.wrap(prefix).getInt());
        byte[] text = input.readNBytes(Math.max(0, length));
        if (length < 0 || text.length < length) {
            throw new IOException("premature end of file");
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    private TorchTensor.Storage storage(Object[] id) {
        if (!"storage".equals(id[0]) || id.length > 5 && id[5] != null) {
            throw new PickleException("a reference is to no plain storage");
        }
        TorchTensor.Storage read = new TorchTensor.Storage((TorchElement) id[1], name(id[2]), ((Number) id[4]).longValue());
        TorchTensor.Storage known = storages.putIfAbsent(read.key(), read);
        if (read.length() < 0 || known != null && !known.equals(read)) {
            throw new PickleException("storage " + read.key() + " has a negative length, or two different ones");
        }
        return read;
    }

    private static Dictionary dictionary(Object[] arguments) {
        Dictionary dictionary = new Dictionary();
        if (arguments.length > 0) {
            // Python 2 hands the content over in the call.
            for (Object pair : (List<?>) arguments[0]) {
                dictionary.put(((List<?>) pair).get(0), ((List<?>) pair).get(1));
            }
        }
        return dictionary;
    }

    private static TorchTensor tensor(Object[] arguments) {
        long[] shape = numbers(arguments[2]);
        long[] strides = numbers(arguments[3]);
        if (shape.length != strides.length) {
            throw new PickleException("a tensor has " + shape.length + " sizes and " + strides.length + " strides");
        }
        return new TorchTensor((TorchTensor.Storage) arguments[0], ((Number) arguments[1]).longValue(), shape, strides);
    }

    private static long[] numbers(Object tuple) {
        return Arrays.stream((Object[]) tuple).mapToLong(number -> ((Number) number).longValue()).toArray();
    }
}
