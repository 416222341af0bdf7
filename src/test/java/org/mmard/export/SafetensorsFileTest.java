package org.mmard.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;

class SafetensorsFileTest {
    /** Header and elements of a file, read by the letter of the format. */
    private record Content(JsonNode header, ByteBuffer elements) {
        static Content of(byte[] file) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            int length = Math.toIntExact(bytes.getLong());
            JsonNode header = new ObjectMapper().readTree(new String(file, Long.BYTES, length, StandardCharsets.UTF_8));
            return new Content(header, bytes.position(Long.BYTES + length).slice().order(ByteOrder.LITTLE_ENDIAN));
        }

        float element(String tensor, int at) {
            return elements.getFloat(header.get(tensor).get("data_offsets").get(0).intValue() + Float.BYTES * at);
        }
    }

    /** PyTorch wrote these lists: {@code src/test/fixtures/make_weights.py}. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "preactresnet18", "preactresnet18-raw-bn", "wideresnet-16-2", "mobilenetv2"})
    void namesShapesAndOrderArePyTorchs(String architecture) throws Exception {
        List<String> expected = new ArrayList<>(Files.readAllLines(Path.of("src/test/resources/org/mmard/model", architecture + ".txt")));
        // TRADES' copy of the first group, which is never used.
        expected.removeIf(line -> line.startsWith("sub_block1."));
        JsonNode header = written(Networks.of(architecture, ImageShape.CIFAR), architecture).header();
        List<String> found = new ArrayList<>();
        header.fields().forEachRemaining(entry -> {
            if (!entry.getKey().equals("__metadata__")) {
                StringBuilder line = new StringBuilder(entry.getKey());
                entry.getValue().get("shape").forEach(size -> line.append(' ').append(size.intValue()));
                found.add(line.toString());
            }
        });
        assertEquals(String.join("\n", expected), String.join("\n", found));
    }

    @Test
    void elementsLieAsPyTorchHasThem() throws Exception {
        ComputationGraph graph = Networks.of("mobilenetv2", ImageShape.CIFAR);
        Content content = written(graph, "mobilenetv2");
        assertEquals(graph.getParam("conv1_W").getFloat(5, 2, 1, 0), content.element("conv1.weight", ((5 * 3 + 2) * 3 + 1) * 3));
        assertEquals(graph.getParam("logits_W").getFloat(1000, 7), content.element("linear.weight", 7 * 1280 + 1000));
        assertEquals(graph.getParam("stage2_block1_conv2_W").getFloat(2, 1, 50, 0), content.element("layers.1.conv2.weight", 50 * 9 + 7));
        assertEquals(graph.getParam("bn2_var").getFloat(9), content.element("bn2.running_var", 9));
    }

    @Test
    void theHeaderSaysWhatTheModelIs() throws Exception {
        JsonNode metadata = written(Networks.of("cnn-4-6", ImageShape.CIFAR), "cnn-4-6").header().get("__metadata__");
        assertEquals("pt", metadata.get("format").textValue());
        assertEquals("cnn-4-6", metadata.get("architecture").textValue());
        assertEquals("cat, \"tabby\"", new ObjectMapper().readTree(metadata.get("classes").textValue()).get(3).textValue());
        assertEquals("[3,32,32]", metadata.get("images").textValue());
        assertEquals("17", metadata.get("provenance.seed").textValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SAFETENSORS", "STATE_DICT"})
    void weightsAloneCannotBeFolded(String format) {
        ComputationGraph graph = Networks.of("cnn-4", ImageShape.CIFAR);
        assertThrows(IllegalArgumentException.class,
                () -> Networks.written(ExportFormat.valueOf(format), graph, "cnn-4", ImageShape.CIFAR, true));
    }

    private static Content written(ComputationGraph graph, String architecture) throws IOException {
        return Content.of(Networks.written(ExportFormat.SAFETENSORS, graph, architecture, ImageShape.CIFAR, false));
    }
}
