package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.model.WeightsChoice;

class ModelExportCommandTest {
    private static final String WEIGHTS = "src/test/resources/org/mmard/model/plain.pt";
    private static final ImageShape SHAPE = new ImageShape(3, 48, 64);

    @TempDir
    Path folder;
    private Path model;

    @BeforeEach
    void aModel() throws Exception {
        model = folder.resolve("model.zip");
        try (OutputStream out = Files.newOutputStream(model)) {
            ModelFile.write(out, Architectures.network("cnn-4-8", SHAPE, 2, 1),
                    new ModelFile.Metadata("cnn-4-8", SHAPE, List.of("circle", "star"), "shapes", Map.of("seed", "17")), Map.of());
        }
    }

    @Test
    void writesOnnxThatSaysWhichFileItIsOf() throws Exception {
        Path out = folder.resolve("model.onnx");
        Outcome outcome = export("--model", model.toString(), "--format", "onnx", "--fold", "--out", out.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertEquals(List.of("written to file:" + out + ": cnn-4-8 as ONNX, opset 13, folded",
                "  images, float32 in [0, 1], [batch, 3, 48, 64] -> logits, [batch, 2]"), outcome.out().lines().toList());
        OrtEnvironment runtime = OrtEnvironment.getEnvironment();
        try (OrtSession session = runtime.createSession(Files.readAllBytes(out))) {
            Map<String, String> properties = session.getMetadata().getCustomMetadata();
            assertEquals(ModelFile.checksum(model.toString(), HadoopConfiguration.load()), properties.get("provenance.exported-sha256"));
            assertTrue(properties.get("provenance.exported-by").startsWith("mmard "), properties.toString());
            assertEquals("17", properties.get("provenance.seed"));
        }
    }

    @Test
    void whatItWritesForPyTorchCanBeImported() {
        String out = folder.resolve("model.pt").toString();
        Outcome outcome = export("--model", model.toString(), "--format", "state-dict", "--out", out);
        assertEquals(0, outcome.exit(), outcome.err());
        ModelFile.Model read = Models.read(out, WeightsChoice.of("cnn-4-8"), SHAPE, HadoopConfiguration.load()).model();
        assertArrayEquals(Architectures.network("cnn-4-8", SHAPE, 2, 1).params().toFloatVector(), read.graph().params().toFloatVector());
    }

    @Test
    void takesPyTorchWeightsToo() {
        Path out = folder.resolve("model.safetensors");
        Outcome outcome = export("--model", WEIGHTS, "--architecture", "cnn-4-6", "--shape", "3x64x64", "--format", "safetensors", "--out",
                out.toUri().toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("[batch, 3, 64, 64] -> logits, [batch, 10]"), outcome.out());
        assertTrue(Files.exists(out));
    }

    @Test
    void aUsersMistakeIsOneLineThatSaysWhat() throws Exception {
        Path there = Files.writeString(folder.resolve("there.onnx"), "mine");
        Path nowhere = folder.resolve("no/such/file.onnx");
        String fresh = folder.resolve("fresh").toString();
        String zip = model.toString();
        refused("such a file already", "--model", zip, "--format", "onnx", "--out", there.toString());
        refused("is a folder", "--model", zip, "--format", "onnx", "--out", folder.toString());
        refused("there is no folder " + nowhere.getParent(), "--model", zip, "--format", "onnx", "--out", nowhere.toString());
        refused("unknown format 'tflite': there are onnx, safetensors, state-dict", "--model", zip, "--format", "tflite", "--out", fresh);
        refused("--format", "--model", zip, "--out", fresh);
        refused("there is no such model file", "--model", zip + "x", "--format", "onnx", "--out", fresh);
        refused("--entry ema: there is no such network", "--model", WEIGHTS, "--entry", "ema", "--format", "onnx", "--out", fresh);
        refused("is a cnn-4-8, not a resnet8", "--model", zip, "--architecture", "resnet8", "--format", "onnx", "--out", fresh);
        for (String format : new String[] {"safetensors", "state-dict"}) {
            refused("--fold goes with --format onnx", "--model", zip, "--format", format, "--fold", "--out", fresh);
        }
        assertEquals("mine", Files.readString(there));
        assertTrue(Files.notExists(Path.of(fresh)));
    }

    private static void refused(String why, String... options) {
        Outcome outcome = export(options);
        assertEquals(2, outcome.exit(), String.join(" ", options));
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(why), outcome.err());
    }

    private static Outcome export(String... options) {
        return Outcome.of(Stream.concat(Stream.of("model", "export"), Stream.of(options)).toArray(String[]::new));
    }
}
