package org.mmard.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageShape;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** PyTorch files, read as weights of the network that they are of. */
public abstract class FuzzedTorchFile implements FuzzedReader {
    static final Path FIXTURES = Path.of("src/test/resources/org/mmard/model");

    @Override
    public void read(Path folder) {
        Models.read(folder.resolve("weights.pt").toString(), WeightsChoice.of("cnn-4-6"), ImageShape.CIFAR, new Configuration(false));
    }

    static byte[] one(SplittableRandom random, String... names) throws IOException {
        return Files.readAllBytes(FIXTURES.resolve(names[random.nextInt(names.length)]));
    }

    /** The zip format: the file's bytes changed, or those of its pickle or of another entry, with the checksums right. */
    public static final class Archive extends FuzzedTorchFile {
        @Override
        public String name() {
            return "pytorch-zip";
        }

        @Override
        public void write(Path folder, SplittableRandom random) throws IOException {
            byte[] good = one(random, "plain.pt", "protocol4.pt", "parameters.pt", "double.pt", "wrapped.pth", "averaged.pt", "strided.pt",
                    "half.pt", "bfloat16.pt", "foreign.pt", "whole.pt");
            Files.write(folder.resolve("weights.pt"), random.nextInt(4) == 0 ? Mutations.bytes(good, random) : rewritten(good, random));
        }

        private static byte[] rewritten(byte[] good, SplittableRandom random) throws IOException {
            HandZipped zip = new HandZipped();
            Map<String, byte[]> entries = entries(good);
            int victim = random.nextInt(entries.size());
            int at = 0;
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                boolean isPickle = entry.getKey().endsWith("data.pkl");
                boolean hit = random.nextInt(3) > 0 ? isPickle : at == victim;
                at++;
                switch (hit ? random.nextInt(isPickle ? 12 : 4) : -1) {
                    case -1 -> zip.entry(entry.getKey(), entry.getValue());
                    case 0 -> zip.entry(entry.getKey(), entry.getValue()).entry(entry.getKey(), Mutations.bytes(entry.getValue(), random));
                    case 1 -> zip.claim(Mutations.number(random)).entry(entry.getKey(), entry.getValue());
                    case 2 -> zip.entry(Mutations.word(random), entry.getValue());
                    default -> zip.entry(entry.getKey(), Mutations.bytes(entry.getValue(), random));
                }
            }
            return zip.bytes();
        }

        private static Map<String, byte[]> entries(byte[] file) throws IOException {
            Map<String, byte[]> entries = new LinkedHashMap<>();
            try (ZipFile zip = new ZipFile(new SeekableInMemoryByteChannel(file))) {
                for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                    entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
                }
            }
            return entries;
        }
    }

    /** The legacy format, where pickles and storages follow one another without any checksum. */
    public static final class Legacy extends FuzzedTorchFile {
        @Override
        public String name() {
            return "pytorch-legacy";
        }

        @Override
        public void write(Path folder, SplittableRandom random) throws IOException {
            Files.write(folder.resolve("weights.pt"),
                    Mutations.bytes(one(random, "legacy.pt", "strided-legacy.pt", "legacy.pt", "whole-legacy.pt"), random));
        }
    }

    /**
     * Instructions in any order, those that build things more often than those that are refused; and good weights with some of these in
     * between.
     */
    public static final class Opcodes extends FuzzedTorchFile {
        private static final String BUILDING =
                "(((NN]]}}))tteeaassuuhhqq\u0085\u0086\u0087\u0088\u0094KMJGUX\u008a\u008crjQRRbcc\u0093\u0080\u0095";
        private static final String[] GLOBALS = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2",
            "torch._utils _rebuild_parameter", "torch FloatStorage", "torch LongStorage",
            "os system", "builtins eval", "numpy dtype", "\u001b[31m x"};

        @Override
        public String name() {
            return "pickle-opcodes";
        }

        @Override
        public void write(Path folder, SplittableRandom random) throws IOException {
            HandPickled pickle = new HandPickled();
            switch (random.nextInt(8)) {
                case 0 -> laughs(pickle, random);
                case 1 -> deep(pickle, random);
                case 2 -> some(pickle, random, 5 + random.nextInt(200));
                default -> weights(pickle, random);
            }
            pickle.write(folder.resolve("weights.pt"));
        }

        /**
         * A thing that holds the one before it twice, and so on: its text, hash and equality take for ever. As a value, a key, or an
         * argument.
         */
        private static void laughs(HandPickled pickle, SplittableRandom random) {
            pickle.ascii("]q").hex("00");
            for (int i = 0; i < 60; i++) {
                pickle.ascii(random.nextBoolean() ? "(h" : "](h").hex("00").ascii("h").hex("00").ascii("tq").hex("00");
            }
            pickle.ascii(random.nextBoolean() ? "}(h" : "}(Nh").hex("00").ascii(random.nextBoolean() ? "Nu" : "u");
        }

        private static void deep(HandPickled pickle, SplittableRandom random) {
            int depth = 1 << random.nextInt(18);
            pickle.ascii((random.nextBoolean() ? "(" : random.nextBoolean() ? "]" : "N\u0085").repeat(depth))
                    .ascii(random.nextBoolean() ? "a".repeat(depth) : "");
        }

        private static void some(HandPickled pickle, SplittableRandom random, int count) {
            for (int i = 0; i < count; i++) {
                int instruction = random.nextInt(60) == 0 ? random.nextInt(256) : BUILDING.charAt(random.nextInt(BUILDING.length()));
                switch (instruction) {
                    case 'c' -> {
                        String[] words = GLOBALS[random.nextInt(GLOBALS.length)].split(" ");
                        pickle.global(words[0], words[1]);
                    }
                    case 'X' -> pickle.text(Mutations.word(random));
                    case 'J' -> pickle.number((int) Mutations.number(random));
                    default -> {
                        pickle.hex(String.format("%02x", instruction));
                        // Half of the numbers that follow are small, as indices of what is remembered are.
                        if ("hqKU\u008a\u008c\u0080".indexOf(instruction) >= 0) {
                            pickle.hex(String.format("%02x", random.nextBoolean() ? random.nextInt(4) : random.nextInt(256)));
                        }
                    }
                }
            }
        }

        private static void weights(HandPickled pickle, SplittableRandom random) {
            String[] names = {"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "conv2.weight", "bn2.weight",
                "bn2.bias", "bn2.running_mean", "bn2.running_var",
                "fc.bias", "fc.weight"};
            int[][] shapes = {{4, 3, 3, 3}, {4}, {4}, {4}, {4}, {6, 4, 3, 3}, {6}, {6}, {6}, {6}, {10}, {10, 6}};
            pickle.ascii("}(");
            int odd = random.nextInt(names.length + 2);
            for (int i = 0; i < names.length; i++) {
                int[] shape = shapes[i].clone();
                int length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
                int[] strides = HandPickled.strides(shape);
                int offset = 0;
                int stated = length;
                String type = "Float";
                if (i == odd) {
                    switch (random.nextInt(7)) {
                        case 0 -> shape[random.nextInt(shape.length)] = (int) Mutations.number(random);
                        case 1 -> strides[random.nextInt(shape.length)] = (int) Mutations.number(random);
                        case 2 -> offset = (int) Mutations.number(random);
                        case 3 -> stated = (int) Mutations.number(random);
                        case 4 -> type = new String[] {"Double", "Half", "BFloat16", "Long", "Bool", "Quantized"}[random.nextInt(6)];
                        case 5 -> some(pickle, random, 1 + random.nextInt(6));
                        default -> pickle.text("extra").number(3);
                    }
                }
                pickle.text(names[i]).tensor(type, new float[length], stated, offset, shape, strides);
            }
            pickle.ascii("u");
        }
    }
}
