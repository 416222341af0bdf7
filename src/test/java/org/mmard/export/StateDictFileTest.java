package org.mmard.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.files.Npy;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.model.Normalisation;
import org.mmard.model.WeightsChoice;
import org.nd4j.linalg.activations.Activation;

/** PyTorch, in a process of its own, and our own import read what is written. */
class StateDictFileTest {
    private static final List<String> NETWORKS = List.of("cnn-8-16", "resnet8", "preactresnet18", "wideresnet-10-1", "mobilenetv2");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"cnn-8-16", "resnet8", "wideresnet-10-1", "mobilenetv2"})
    void ourOwnImportReadsTheSameNetworkBitByBit(String architecture) throws Exception {
        ComputationGraph graph = Networks.of(architecture, ImageShape.CIFAR);
        Path file = write(ExportFormat.STATE_DICT, graph, architecture);
        ModelFile.Model read =
                Models.read(file.toString(), WeightsChoice.of(architecture), ImageShape.CIFAR, HadoopConfiguration.load()).model();
        assertArrayEquals(graph.params().toFloatVector(), read.graph().params().toFloatVector());
    }

    @ParameterizedTest
    @CsvSource({"cnn-4-6, STATE_DICT", "wideresnet-10-1-swish, STATE_DICT", "cnn-4-6, SAFETENSORS", "preactresnet18-swish, SAFETENSORS"})
    void normalisationGoesOutAndComesInAgain(String architecture, ExportFormat format) throws Exception {
        ComputationGraph graph = Networks.normalised(architecture);
        Path file = write(format, graph, architecture);
        ComputationGraph read = Models.read(file.toString(), WeightsChoice.of(null), ImageShape.CIFAR, HadoopConfiguration.load()).model()
                .graph();
        assertArrayEquals(graph.params().toFloatVector(), read.params().toFloatVector(), 1e-6f);
        assertTrue(Normalisation.of(read).isPresent());
    }

    /** {@code src/test/fixtures/read_exports.py} loads both files into networks of PyTorch's, strictly. */
    @Test
    void pyTorchsLogitsFromBothFilesAreTheEngines() throws Exception {
        String python = Stream.of(System.getenv("PATH").split(":")).map(place -> place + "/python3")
                .filter(program -> run(program, "-c", "import torch") == 0).findFirst().orElse(null);
        assumeTrue(python != null, "no python3 on the PATH has torch: nobody has loaded the weights into PyTorch");
        for (String architecture : NETWORKS) {
            ComputationGraph graph = Networks.of(architecture, ImageShape.CIFAR);
            write(ExportFormat.STATE_DICT, graph, architecture);
            write(ExportFormat.SAFETENSORS, graph, architecture);
        }
        int exit = run(python, "-B", "src/test/fixtures/read_exports.py", folder.toString());
        assertEquals(0, exit, Files.readString(said()));
        for (String architecture : NETWORKS) {
            double[] expected = Networks.logits(Networks.of(architecture, ImageShape.CIFAR), ImageShape.CIFAR,
                    Networks.pixels(2, ImageShape.CIFAR));
            double[] found = Npy.read(folder.resolve(architecture + ".npy")).values();
            assertArrayEquals(expected, found, 1e-5 * Networks.largest(expected), architecture);
        }
    }

    @Test
    void twoLayersThatWouldHaveOneNameAreRefused() {
        ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().graphBuilder().addInputs("images")
                .setInputTypes(InputType.convolutional(32, 32, 3))
                .addLayer("fc", new ConvolutionLayer.Builder(1, 1).nOut(4).activation(Activation.IDENTITY).build(), "images")
                .addLayer("pool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "fc")
                .addLayer("logits", new DenseLayer.Builder().nOut(10).activation(Activation.IDENTITY).build(), "pool")
                .setOutputs("logits").build());
        graph.init();
        InputError error = assertThrows(InputError.class,
                () -> Networks.written(ExportFormat.STATE_DICT, graph, "cnn-4", ImageShape.CIFAR, false));
        assertEquals("cnn-4: vertices fc and logits would both be called fc in a state dictionary; rename one of them", error.getMessage());
    }

    @Test
    void elementsBeginWherePyTorchWouldPutThem() throws Exception {
        byte[] file =
                Networks.written(ExportFormat.STATE_DICT, Networks.of("cnn-4-6", ImageShape.CIFAR), "cnn-4-6", ImageShape.CIFAR, false);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        int entries = 0;
        for (; bytes.getInt(at) == 0x04034b50; entries++) {
            int content = at + 30 + bytes.getShort(at + 26) + bytes.getShort(at + 28);
            assertEquals(0, content % 64, "entry " + entries);
            at = content + bytes.getInt(at + 18);
        }
        assertEquals(3 + 14, entries);
    }

    private Path write(ExportFormat format, ComputationGraph graph, String architecture) throws IOException {
        Path file = folder.resolve(architecture + (format == ExportFormat.STATE_DICT ? ".pt" : ".safetensors"));
        return Files.write(file, Networks.written(format, graph, architecture, ImageShape.CIFAR, false));
    }

    /** The exit code, or -1 where there is no such program. */
    private int run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said().toFile())
                    .redirectInput(new File("/dev/null")).start();
            boolean ended = process.waitFor(5, TimeUnit.MINUTES);
            process.destroyForcibly();
            assertTrue(ended, () -> String.join(" ", command) + " did not end");
            return process.exitValue();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path said() {
        return folder.resolve("said.txt");
    }
}
