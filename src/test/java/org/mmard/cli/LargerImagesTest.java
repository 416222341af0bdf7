package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.data.importing.PublishedFixture;
import org.mmard.files.HadoopConfiguration;
import org.mmard.files.Npy;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

/** From Tiny-ImageNet's own files, 64 x 64, to AutoAttack and the report. */
class LargerImagesTest {
    private static final ImageShape SHAPE = new ImageShape(3, 64, 64);

    @TempDir
    private Path folder;

    @Test
    void importedImagesAreTrainedOnAttackedAndDrawn() throws IOException {
        Path tiny = Files.createDirectories(folder.resolve("tiny-imagenet-200"));
        PublishedFixture.tinyImageNet(tiny, 12);
        String data = folder.resolve("data").toString();
        Outcome imported = Outcome.of("data", "import", "--from", "tiny-imagenet", "--to", data, tiny.toString());
        assertEquals(0, imported.exit(), imported.err());
        assertEquals(data + ": wrote 48 training and 4 test images of Tiny-ImageNet, 4 classes, images of 3 x 64 x 64",
                imported.out().strip());
        Outcome described = Outcome.of("data", "describe", data);
        assertTrue(described.out().startsWith(data + ": Tiny-ImageNet, 4 classes, images of 3 x 64 x 64"), described.out());

        teacher();
        Path run = folder.resolve("run");
        Files.writeString(folder.resolve("run.conf"), """
                run { directory = "%s", seed = 3 }
                data.uri = "%s"
                student.architecture = cnn-4-8
                teacher.model = "%s"
                method.name = mmard
                attack.steps = 2
                training { epochs = 1, batch = 8, warm-up = 0, milestones = [] }
                validation { examples = 6, steps = 1 }
                cluster.executors = 1
                """.formatted(run, data, folder.resolve("teacher.zip")));
        Outcome trained = Outcome.of("train", "--conf", folder.resolve("run.conf").toString());
        assertEquals(0, trained.exit(), trained.err());
        String best = run.resolve("best.zip").toString();
        assertEquals(SHAPE, ModelFile.read(best, HadoopConfiguration.load()).metadata().shape());

        Outcome evaluated = Outcome.of("evaluate", "--model", best, "--data", data, "--attacks", "pgd20,autoattack", "--out",
                run.toString(), "--save-adversarial");
        assertEquals(0, evaluated.exit(), evaluated.err());
        JsonNode evaluation = new ObjectMapper().readTree(run.resolve("evaluation.json").toFile());
        assertEquals(List.of(3, 64, 64), List.of(evaluation.get("shape").get(0).asInt(), evaluation.get("shape").get(1).asInt(),
                evaluation.get("shape").get(2).asInt()));
        assertTrue(evaluation.get("attacks").has("autoattack"));
        assertArrayEquals(new int[] {4, 3, 64, 64}, Npy.read(run.resolve("adversarial-autoattack.npy")).shape());
        assertEquals(4 * (1 + SHAPE.size()), Files.size(run.resolve("adversarial-autoattack.bin")));

        Outcome report = Outcome.of("report", run.toString(), "--out", folder.resolve("report.html").toString());
        assertEquals(0, report.exit(), report.err());
        assertTrue(Files.readString(folder.resolve("report.html")).contains("data:image/png;base64,"), "it has pictures");
    }

    @Test
    void anUnknownFormatAndAMissingSourceAreRefused() {
        Outcome format = Outcome.of("data", "import", "--from", "imagenet", "--to", folder + "/to", folder.toString());
        assertEquals(2, format.exit());
        assertEquals("mmard: --from imagenet: give one of svhn, tiny-imagenet, cifar-python, cifar-100-coarse, folders",
                format.err().strip());
        Outcome source = Outcome.of("data", "import", "--from", "tiny-imagenet", "--to", folder + "/to", folder + "/absent");
        assertEquals(2, source.exit());
        assertTrue(source.err().contains("absent: no such file or folder"), source.err());
    }

    private void teacher() throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("teacher.zip"))) {
            ModelFile.write(out, Architectures.network("cnn-4-8", SHAPE, 4, 1),
                    new ModelFile.Metadata("cnn-4-8", SHAPE, List.of("a", "b", "c", "d"), "none", Map.of()), Map.of());
        }
    }
}
