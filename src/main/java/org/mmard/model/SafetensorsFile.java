package org.mmard.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mmard.files.HadoopChannel;
import org.mmard.files.Unpickler;

/**
 * The safetensors format: 8 bytes, how long the header is; the header, JSON with type, shape and place of each tensor; the tensors one
 * after the other in row-major order. All numbers are little-endian.
 */
final class SafetensorsFile implements TorchFile {
    /** The library's own limit is 100 MB; the largest of the zoo's networks needs 100 kB. */
    private static final int LONGEST_HEADER = 16 << 20;
    private static final int MOST_DIMENSIONS = 32;
    private static final String METADATA = "__metadata__";
    private static final Map<String, TorchElement> TYPES = Map.of("F64", TorchElement.DOUBLE, "F32", TorchElement.FLOAT, "F16",
            TorchElement.HALF, "BF16", TorchElement.BFLOAT16, "I64", TorchElement.LONG, "I32", TorchElement.INT, "I16", TorchElement.SHORT,
            "I8", TorchElement.CHAR, "U8", TorchElement.BYTE, "BOOL", TorchElement.BOOL);
    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final HadoopChannel file;
    private final Map<String, Object> saved;
    /** Where each tensor begins in the file. */
    private final Map<String, Long> starts;

    private SafetensorsFile(HadoopChannel file, Map<String, Object> saved, Map<String, Long> starts) {
        this.file = file;
        this.saved = saved;
        this.starts = starts;
    }

    static boolean begins(HadoopChannel file) throws IOException {
        file.position(0);
        ByteBuffer head = ByteBuffer.wrap(file.stream().readNBytes(Long.BYTES + 1)).order(ByteOrder.LITTLE_ENDIAN);
        file.position(0);
        return head.limit() == Long.BYTES + 1 && head.get(Long.BYTES) == '{' && head.getLong(0) > 1 && head.getLong(0) <= LONGEST_HEADER;
    }

    /** Takes the file over, and closes it when it is closed itself. */
    static SafetensorsFile read(HadoopChannel file) throws IOException {
        file.position(0);
        int length = Math.toIntExact(ByteBuffer.wrap(file.stream().readNBytes(Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong());
        byte[] header = file.stream().readNBytes(length);
        if (header.length < length) {
            throw new IOException("a safetensors file that was cut in its header; copy it again");
        }
        Map<String, Object> saved = new LinkedHashMap<>();
        Map<String, Long> starts = new HashMap<>();
        long first = (long) Long.BYTES + length;
        for (Iterator<Map.Entry<String, JsonNode>> entries = json(header).fields(); entries.hasNext();) {
            Map.Entry<String, JsonNode> entry = entries.next();
            if (!entry.getKey().equals(METADATA)) {
                add(entry.getKey(), entry.getValue(), first, file.size(), saved, starts);
            }
        }
        return new SafetensorsFile(file, saved, starts);
    }

    private static JsonNode json(byte[] header) throws IOException {
        try {
            return JSON.readTree(header);
        } catch (JsonProcessingException e) {
            throw new IOException("a safetensors file whose header is damaged (" + e.getOriginalMessage() + ")", e);
        }
    }

    private static void add(String name, JsonNode about, long first, long size, Map<String, Object> saved, Map<String, Long> starts)
            throws IOException {
        TorchElement element = TYPES.get(about.path("dtype").asText());
        JsonNode sizes = about.path("shape");
        long begin = about.path("data_offsets").path(0).asLong(-1);
        long end = about.path("data_offsets").path(1).asLong(-1);
        String printable = Unpickler.name(name);
        if (element == null) {
            saved.put(printable, new Unpickler.Inert("a tensor of a type that no network of the zoo has"));
            return;
        }
        if (!sizes.isArray() || sizes.size() > MOST_DIMENSIONS) {
            throw new IOException("entry " + printable + " has no shape in the header");
        }
        long[] shape = new long[sizes.size()];
        long[] strides = new long[shape.length];
        long numbers = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            shape[d] = sizes.get(d).asLong(-1);
            strides[d] = numbers;
            if (shape[d] < 0 || shape[d] > Integer.MAX_VALUE || numbers > Integer.MAX_VALUE) {
                throw new IOException("entry " + printable + " has a size in the header that no tensor has");
            }
            numbers *= shape[d];
        }
        if (begin < 0 || end - begin != numbers * element.bytes() || end > size - first) {
            throw new IOException("entry " + printable + " is said to lie at bytes " + begin + " to " + end + ", where " + numbers
                    + " numbers of " + element.bytes() + " bytes are to be in " + (size - first)
                    + "; the file was cut or damaged, copy it again");
        }
        saved.put(printable, new TorchTensor(new TorchTensor.Storage(element, printable, numbers), 0, shape, strides));
        starts.put(printable, first + begin);
    }

    @Override
    public Object saved() {
        return saved;
    }

    @Override
    public ByteBuffer content(TorchTensor.Storage storage) throws IOException {
        Long start = starts.get(storage.key());
        if (start == null) {
            throw new IOException("there is no such entry");
        }
        file.position(start);
        int wanted = TorchFile.bytes(storage);
        byte[] bytes = file.stream().readNBytes(wanted);
        if (bytes.length < wanted) {
            throw new IOException("has " + bytes.length + " of " + wanted + " bytes; the file was cut, copy it again");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
