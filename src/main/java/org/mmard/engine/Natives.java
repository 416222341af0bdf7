package org.mmard.engine;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.Loader;
import org.mmard.failure.InputError;

/**
 * LibTorch's native libraries as the jar has them: for the processor alone, or for GPUs too, which then ask for libraries of CUDA that no
 * jar brings.
 */
final class Natives {
    private static final String PROCESSOR = "/org/bytedeco/pytorch/linux-x86_64/";
    private static final String GPU = "/org/bytedeco/pytorch/linux-x86_64-gpu/";

    private static boolean prepared;

    private Natives() {}

    /** Whether this build's LibTorch has CUDA. */
    static boolean forGpus() {
        return Natives.class.getResource(GPU + "libtorch_cuda.so") != null;
    }

    /**
     * To be called before anything of LibTorch's is: by the classes through which everything comes in.
     *
     * @throws InputError where it cannot run on this host at all
     */
    static synchronized void prepare() {
        if (prepared) {
            return;
        }
        unpack();
        // Where one is missing JavaCPP cannot load libtorch.so, takes the system's, if there is one, and dies of the mixture: not even the
        // processor can be used.
        List<String> missing = forGpus() ? missing() : List.of();
        if (!missing.isEmpty()) {
            throw new InputError(
                    "this build is for GPUs, and even on the processor it needs libraries of CUDA that are missing on this host: "
                            + String.join(", ", missing)
                            + "; install CUDA and cuDNN, or make a build without them with ./mmard --cpu build");
        }
        prepared = true;
    }

    /**
     * Unpacks all of it before any of it loads: libtorch.so asks for libtorch_cpu.so by name, and the system's loader would take one from
     * elsewhere (Debian's python3-torch has one) and die of the mixture.
     */
    static File[] unpack() {
        try {
            return Loader.cacheResources(forGpus() ? GPU : PROCESSOR);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot unpack LibTorch into " + System.getProperty("org.bytedeco.javacpp.cachedir", "~/.javacpp/cache"), e);
        }
    }

    /** The libraries that LibTorch asks for and the system's loader does not find here, by name. */
    static List<String> missing() {
        File folder = unpack()[0];
        Set<String> missing = new TreeSet<>();
        for (File library : folder.listFiles((in, name) -> isOfThisBuild(name))) {
            Dynamic dynamic = dynamic(library.toPath());
            for (String needed : dynamic.needed) {
                // OpenBLAS comes in a jar of its own, and is loaded before.
                boolean ours = new File(folder, needed).exists() || needed.startsWith("libopenblas");
                if (!ours && !dynamic.finds(needed) && !loads(needed)) {
                    missing.add(needed);
                }
            }
        }
        return List.copyOf(missing);
    }

    /** The cache may still hold what an earlier build in a jar of the same name had. */
    private static boolean isOfThisBuild(String name) {
        return name.endsWith(".so") && Natives.class.getResource(GPU + name) != null;
    }

    private static boolean loads(String name) {
        try {
            Loader.loadGlobal(name);
            return true;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /**
     * @param needed sonames of the libraries that one asks for
     * @param path where it has the loader look first, separated by colons
     */
    record Dynamic(List<String> needed, String path) {
        boolean finds(String name) {
            for (String folder : path.split(":", -1)) {
                if (folder.startsWith("/") && Files.exists(Path.of(folder, name))) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The dynamic section of a shared library: ELF, 64 bit, little endian. */
    static Dynamic dynamic(Path library) {
        final int load = 1;
        final int section = 2;
        try (FileChannel file = FileChannel.open(library)) {
            ByteBuffer header = read(file, 0, 64);
            ByteBuffer segments = read(file, header.getLong(32), header.getShort(54) * header.getShort(56));
            ByteBuffer entries = null;
            for (int at = 0; at < segments.capacity(); at += header.getShort(54)) {
                if (segments.getInt(at) == section) {
                    entries = read(file, segments.getLong(at + 8), (int) segments.getLong(at + 32));
                }
            }
            List<Long> needed = new ArrayList<>();
            long path = -1;
            long strings = 0;
            int length = 0;
            for (int at = 0; entries != null && at < entries.capacity(); at += 16) {
                long value = entries.getLong(at + 8);
                switch ((int) entries.getLong(at)) {
                    case 1 -> needed.add(value);
                    case 5 -> strings = value;
                    case 10 -> length = (int) value;
                    case 15, 29 -> path = value;
                    default -> {}
                }
            }
            for (int at = 0; at < segments.capacity(); at += header.getShort(54)) {
                long address = segments.getLong(at + 16);
                if (segments.getInt(at) == load && strings >= address && strings < address + segments.getLong(at + 32)) {
                    strings += segments.getLong(at + 8) - address;
                    break;
                }
            }
            byte[] names = read(file, strings, length).array();
            return new Dynamic(needed.stream().map(at -> string(names, at)).toList(), path < 0 ? "" : string(names, path));
        } catch (IOException e) {
            throw new UncheckedIOException(library + ": cannot be read", e);
        }
    }

    private static ByteBuffer read(FileChannel file, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) >= 0) {}
        return bytes;
    }

    private static String string(byte[] names, long from) {
        int end = (int) from;
        while (names[end] != 0) {
            end++;
        }
        return new String(names, (int) from, end - (int) from, StandardCharsets.US_ASCII);
    }
}
