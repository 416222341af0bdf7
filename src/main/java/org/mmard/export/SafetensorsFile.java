package org.mmard.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes a state dictionary as safetensors has it: the length of a header in eight bytes, little-endian; the header, a JSON object with
 * type, shape and place of each tensor; their elements, one tensor after the other.
 */
final class SafetensorsFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SafetensorsFile() {}

    static void write(OutputStream out, Exported network) throws IOException {
        List<NamedTensor> tensors = network.stateDict();
        // Eight-byte numbers first: so each tensor begins where its elements may.
        List<NamedTensor> stored = tensors.stream().sorted(Comparator.comparing(NamedTensor::element).reversed()).toList();
        Map<String, Long> places = new LinkedHashMap<>();
        long end = 0;
        for (NamedTensor tensor : stored) {
            places.put(tensor.name(), end);
            end += tensor.size();
        }
        Map<String, Object> header = new LinkedHashMap<>();
        Map<String, String> description = new LinkedHashMap<>(network.description());
        // Without it some readers refuse the file: these are tensors as PyTorch lays them out.
        description.put("format", "pt");
        header.put("__metadata__", description);
        for (NamedTensor tensor : tensors) {
            long begin = Objects.requireNonNull(places.get(tensor.name()), tensor.name());
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.element().code());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(begin, begin + tensor.size()));
            header.put(tensor.name(), entry);
        }
        byte[] text = JSON.writeValueAsBytes(header);
        byte[] padded = Arrays.copyOf(text, (text.length + Long.BYTES - 1) / Long.BYTES * Long.BYTES);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length).array());
        out.write(padded);
        for (NamedTensor tensor : stored) {
            out.write(tensor.bytes());
        }
    }
}
