package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

/** Files that must not be taken for weights, each refused in one line that names what is wrong; and nothing in them is ever run. */
class RefusedWeightsTest {
    private static final String CNN = "cnn-2";
    private static final Configuration HADOOP = HadoopConfiguration.load();

    @TempDir
    Path folder;

    @Test
    void nothingThatAFileNamesIsRun() throws IOException {
        Path trace = folder.resolve("trace");
        for (String module : new String[] {"os", "posix"}) {
            Path file = new HandPickled().global(module, "system").ascii("(").text("touch " + trace).ascii("tR")
                    .write(folder.resolve("call.pt"));
            assertRefused(file, module + ".system", "nothing in a file is ever run");
            Path beside = weights(each -> each.tensor(new float[54], 2, 3, 3, 3)).text("args").global(module, "system").ascii("(")
                    .text("touch " + trace).ascii("tRu").write(folder.resolve("beside.pt"));
            assertTrue(read(beside, CNN).skipped().contains("args (" + module + ".system)"), "what is skipped is named");
        }
        assertFalse(Files.exists(trace));
    }

    /** STACK_GLOBAL, INST, OBJ, NEWOBJ of what the reader itself makes, an extension code, and globals of Python's own. */
    @Test
    void noOtherWayToAGlobalIsOpen() throws IOException {
        assertRefused(new HandPickled().text("builtins").text("eval").hex("93").write(folder.resolve("stack.pt")),
                "holds an object, builtins.eval");
        assertRefused(new HandPickled().ascii("(ios\nsystem\n").write(folder.resolve("inst.pt")), "instruction 0x69");
        assertRefused(new HandPickled().ascii("(").global("collections", "OrderedDict").ascii("o").write(folder.resolve("obj.pt")),
                "instruction 0x6f");
        assertRefused(new HandPickled().global("collections", "OrderedDict").ascii(")").hex("81").write(folder.resolve("newobj.pt")),
                "damaged");
        assertRefused(new HandPickled().hex("8201").write(folder.resolve("extension.pt")), "instruction 0x82");
        assertRefused(new HandPickled().global("decimal", "Decimal").write(folder.resolve("decimal.pt")),
                "holds an object, decimal.Decimal");
        assertRefused(new HandPickled().global("torch", "FloatStorage").ascii(")R").write(folder.resolve("storage.pt")), "damaged");
    }

    @ParameterizedTest
    @CsvSource({"whole.pt, Plain", "whole-legacy.pt, __main__.Plain"})
    void modelsSavedWithTheirCodeAreRefused(String name, String named) {
        assertRefused(Path.of("src/test/resources/org/mmard/model", name), named, "save model.state_dict() alone");
    }

    @Test
    void aViewThatLeavesItsStorageNamesItsEntry() throws IOException {
        float[] content = new float[54];
        int[] shape = {2, 3, 3, 3};
        int[] strides = HandPickled.strides(shape);
        assertEntryRefused(each -> each.tensor("Float", content, 54, 1, shape, strides), "leaves its storage of 54 elements");
        assertEntryRefused(each -> each.tensor("Float", content, 54, 0, shape, new int[] {27, 9, 3, 2}), "leaves its storage");
        assertEntryRefused(each -> each.tensor("Float", content, 54, -1, shape, strides), "leaves its storage");
        assertEntryRefused(each -> each.tensor("Float", content, 54, 53, shape, new int[] {-27, -9, -3, -1}), "leaves its storage");
        int far = Integer.MAX_VALUE;
        assertEntryRefused(each -> each.tensor("Float", content, 54, 0, shape, new int[] {far, far, far, far}), "leaves its storage");
    }

    @Test
    void aStorageThatIsNotAllThereNamesItsEntry() throws IOException {
        assertEntryRefused(each -> each.tensor("Float", new float[10], 54, 0, new int[] {2, 3, 3, 3}, new int[] {27, 9, 3, 1}),
                " of 216 bytes", "cut");
        Path vast =
                weights(each -> each.tensor("Float", new float[54], Integer.MAX_VALUE, 0, new int[] {2, 3, 3, 3}, new int[] {27, 9, 3, 1}))
                        .ascii("u")
                        .write(folder.resolve("vast.pt"));
        assertRefused(vast, "storage 0 of 2147483647 elements is too large");
    }

    @Test
    void tensorsOfAnotherNetworkNameTheirEntry() throws IOException {
        assertEntryRefused(each -> each.tensor(new float[54], 2, 3, 9), "shape [2, 3, 9], where cnn-2 has [2, 3, 3, 3]");
        assertEntryRefused(each -> each.tensor(new float[0], 2, 3, 0, 3), "shape [2, 3, 0, 3]");
        assertEntryRefused(each -> each.tensor("Int", new float[54], 54, 0, new int[] {2, 3, 3, 3}, new int[] {27, 9, 3, 1}),
                "of type int");
        float[] poisoned = new float[54];
        poisoned[7] = Float.NaN;
        assertEntryRefused(each -> each.tensor(poisoned, 2, 3, 3, 3), "element 7 is NaN");
        assertEntryRefused(each -> each.number(1), "no tensor, but a number");
    }

    @Test
    void missingAndSurplusEntriesAreNamed() throws IOException {
        Path resnet = folder.resolve("missing.pt");
        weights(each -> each.tensor(new float[54], 2, 3, 3, 3)).ascii("u").write(resnet);
        InputError missing = assertThrows(InputError.class, () -> read(resnet, "cnn-2-2"));
        assertTrue(missing.getMessage().contains("entry conv2.weight is missing"), missing.getMessage());
        Path surplus = weights(each -> each.tensor(new float[54], 2, 3, 3, 3)).text("conv9.weight").tensor(new float[1], 1)
                .text("bn1.num_batches_tracked").tensor(new float[1], 1).ascii("u").write(folder.resolve("surplus.pt"));
        assertRefused(surplus, "entry conv9.weight: cnn-2 has no such part");
    }

    @Test
    void dictionariesWithoutTensorsAreNoWeights() throws IOException {
        assertRefused(
                new HandPickled().ascii("}(").text("ema").ascii("}").text("epoch").number(3).ascii("u").write(folder.resolve("none.pt")),
                "no state_dict", "ema (a dictionary), epoch (a number)");
        assertRefused(new HandPickled().ascii("}(").text("model").ascii("}").text("net").ascii("}u").write(folder.resolve("two.pt")),
                "no state_dict", "model (a dictionary), net (a dictionary)");
        assertRefused(new HandPickled().ascii("](").number(1).ascii("e").write(folder.resolve("list.pt")), "holds no state_dict");
    }

    /** A dictionary that holds itself, a container as a key, a text said to be 2 GiB long, a name of two lines. */
    @Test
    void trapsForTheReaderAreRefused() throws IOException {
        assertRefused(
                new HandPickled().ascii("}q").hex("00").text("model").ascii("h").hex("00").ascii("s").write(folder.resolve("itself.pt")),
                "holds no state_dict among its entries model (a dictionary)");
        assertRefused(new HandPickled().ascii("}]Ns").write(folder.resolve("key.pt")), "where a name belongs");
        assertRefused(new HandPickled().ascii("X").hex("ffffff7f").write(folder.resolve("long.pt")), "a length of 2147483647");
        assertRefused(new HandPickled().ascii("}").text("a\nb").ascii("Ns").write(folder.resolve("lines.pt")), "where a name belongs");
    }

    /** None where a tensor has its storage, and where that has the format of its numbers. */
    @Test
    void tensorsOfNothingAreRefused() throws IOException {
        HandPickled bare = new HandPickled().ascii("}(").text("conv1.weight").global("torch._utils", "_rebuild_tensor_v2");
        assertRefused(bare.ascii("(N").number(0).ascii("(").number(1).ascii("t(").number(1).ascii("ttRu").write(folder.resolve("bare.pt")),
                "list of tensors is damaged");
        HandPickled unformed = new HandPickled().ascii("((").text("storage").ascii("N").text("0").text("cpu").number(1).ascii("tQ");
        assertRefused(unformed.write(folder.resolve("unformed.pt")), "list of tensors is damaged");
    }

    /**
     * A pickle of a few bytes may hold itself, or a thing twice in each of sixty layers: nobody asks for its text, its hash, or whether it
     * equals another.
     */
    @Test
    void structuresWithoutEndAreNeverWalkedThrough() {
        HandPickled laughs = new HandPickled().ascii("]q").hex("00");
        for (int i = 0; i < 60; i++) {
            laughs.ascii("](h").hex("00").ascii("h").hex("00").ascii("eq").hex("00");
        }
        HandPickled itself = new HandPickled().ascii("]q").hex("00").ascii("h").hex("00").ascii("a");
        for (HandPickled each : List.of(laughs, itself)) {
            byte[] thing = each.bytes();
            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
                assertRefused(new HandPickled().bytes(thing).ascii("}(h").hex("00").ascii("Nu").write(folder.resolve("setitems.pt")),
                        "where a name belongs");
                assertRefused(new HandPickled().bytes(thing).ascii("}h").hex("00").ascii("Ns").write(folder.resolve("setitem.pt")),
                        "where a name belongs");
                assertRefused(new HandPickled().bytes(thing).ascii("}(").text("model").ascii("h").hex("00").ascii("u")
                        .write(folder.resolve("value.pt")), "no state_dict");
                assertRefused(new HandPickled().bytes(thing).write(folder.resolve("saved.pt")), "holds no state_dict");
                assertRefused(new HandPickled().bytes(thing).ascii(".").writePlain(folder.resolve("magic.pt")), "not one of PyTorch's");
            });
        }
    }

    @Test
    void depthCountAndLengthAreBounded() throws IOException {
        assertRefused(new HandPickled().ascii("(".repeat(2000)).write(folder.resolve("marks.pt")), "nested more than 1000 deep");
        assertRefused(new HandPickled().ascii("N".repeat(2_100_000)).write(folder.resolve("many.pt")), "more than 2000000 instructions");
        assertRefused(new HandPickled().text("a".repeat(17 << 20)).write(folder.resolve("long.pt")), "a length of");
        assertRefused(new HandPickled().ascii("}").text("a".repeat(9 << 20)).text("a".repeat(9 << 20)).write(folder.resolve("longer.pt")),
                "more than 16 MiB");
        // A stack of a million and tuples on it: a library that copies it for each would be busy for an hour.
        Path tuples = new HandPickled().ascii("N".repeat(500_000)).ascii("(Nt".repeat(400_000)).write(folder.resolve("tuples.pt"));
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> assertRefused(tuples, "holds no state_dict"));
    }

    @Test
    void theFirstSurplusEntryOfTheFileIsTheOneThatIsNamed() throws IOException {
        Path file = weights(each -> each.tensor(new float[54], 2, 3, 3, 3)).text("zeta").tensor(new float[1], 1).text("alpha")
                .tensor(new float[1], 1).ascii("u")
                .write(folder.resolve("order.pt"));
        assertRefused(file, "entry zeta: cnn-2 has no such part, nor 1 others");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain.pt", "legacy.pt"})
    void aFileThatWasCutIsRefusedWhereverTheCutIs(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Path.of("src/test/resources/org/mmard/model", name));
        Path file = folder.resolve(name);
        for (int length = 0; length < whole.length; length += 37) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertOneLine(assertThrows(InputError.class, () -> content(file)));
        }
    }

    /** One byte changed: the weights load, or one line says why not. The zip format has checksums, so there no number changes unseen. */
    @ParameterizedTest
    @ValueSource(strings = {"plain.pt", "legacy.pt", "protocol4.pt", "strided-legacy.pt"})
    void aDamagedFileNeverEndsInAnythingButOneLine(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Path.of("src/test/resources/org/mmard/model", name));
        String right = content(Path.of("src/test/resources/org/mmard/model", name));
        SplittableRandom random = new SplittableRandom(5);
        Path file = folder.resolve(name);
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            try {
                String read = content(file);
                assertTrue(name.contains("legacy") || right.equals(read), "a weight changed unseen in trial " + i);
            } catch (InputError e) {
                assertOneLine(e);
                refused++;
            }
        }
        assertTrue(refused > 40, refused + " of 400 refused");
    }

    @Test
    void aModelFileIsAskedForWhereOnlyThatWillDo() {
        String file = "src/test/resources/org/mmard/model/plain.pt";
        InputError asTeacher = assertThrows(InputError.class, () -> ModelFile.read(file, HADOOP));
        assertTrue(asTeacher.getMessage().contains("mmard model import"), asTeacher.getMessage());
    }

    @Test
    void otherFilesAreSaidNotToBeModels() throws IOException {
        assertRefused(folder.resolve("absent.pt"), CNN, "no such");
        assertRefused(folder, CNN, "folder");
        assertRefused(Path.of("/dev/zero"), CNN, "FIFO, socket or device");
        assertRefused(Files.writeString(folder.resolve("text.pt"), "hello"), CNN, "text, not weights");
        Path zip = folder.resolve("packed.zip");
        try (java.util.zip.ZipOutputStream out = new java.util.zip.ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new java.util.zip.ZipEntry("weights/teacher.pt"));
        }
        assertRefused(zip, CNN, "a zip archive that holds weights/teacher.pt: unpack it first");
        assertRefused(Files.write(folder.resolve("pickle.pt"), "\u0080\2K\1.".getBytes(StandardCharsets.ISO_8859_1)), CNN,
                "not one of PyTorch's");
    }

    /** A dictionary of cnn-2's weights for 2 classes, still open, with conv1.weight as asked for. */
    private static HandPickled weights(Consumer<HandPickled> first) {
        HandPickled weights = new HandPickled().ascii("}(").text("conv1.weight");
        first.accept(weights);
        for (String name : new String[] {"bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "fc.bias"}) {
            weights.text(name).tensor(new float[2], 2);
        }
        return weights.text("fc.weight").tensor(new float[4], 2, 2);
    }

    private static Models.Found read(Path file, String architecture) {
        return Models.read(file.toString(), WeightsChoice.of(architecture), ImageShape.CIFAR, HADOOP);
    }

    /** Every parameter. */
    private static String content(Path file) {
        return Arrays.toString(read(file, "cnn-4-6").model().graph().params().toFloatVector());
    }

    private static void assertOneLine(InputError error) {
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
    }

    private void assertEntryRefused(Consumer<HandPickled> first, String... parts) throws IOException {
        Path file = weights(first).ascii("u").write(folder.resolve("entry.pt"));
        String[] all = Arrays.copyOf(parts, parts.length + 1);
        all[parts.length] = "entry conv1.weight: ";
        assertRefused(file, all);
    }

    private static void assertRefused(Path file, String... parts) {
        String architecture = parts[0].startsWith("cnn-") ? parts[0] : CNN;
        InputError error = assertThrows(InputError.class, () -> read(file, architecture),
                () -> file.toString());
        assertOneLine(error);
        assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
        for (String part : parts[0].startsWith("cnn-") ? Arrays.copyOfRange(parts, 1, parts.length) : parts) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
    }
}
