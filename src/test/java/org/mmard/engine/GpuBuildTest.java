package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.config.Settings;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;

/**
 * LibTorch's real GPU natives on a host without a GPU, those of CUDA's libraries that are there being empty ones of the right names. Each
 * process of the test has the natives in the place of those for the processor, and a cache of its own: what an earlier one unpacked or
 * linked would hide what is missing.
 */
class GpuBuildTest {
    private static final String NATIVES = "linux-x86_64.jar";
    private static final String RUNTIME = "libcudart.so.12";
    /** What LibTorch calls of CUDA's runtime while it loads and looks for GPUs. 100 is cudaErrorNoDevice. */
    private static final String WITHOUT_GPU = """
            void **__cudaRegisterFatBinary(void *b) { static void *h; return &h; }
            void __cudaRegisterFatBinaryEnd(void **h) {}
            void __cudaUnregisterFatBinary(void **h) {}
            void __cudaRegisterFunction() {}
            void __cudaRegisterVar() {}
            int cudaGetDeviceCount(int *n) { *n = 0; return 100; }
            int cudaGetDevice(int *d) { *d = 0; return 100; }
            int cudaGetLastError() { return 0; }
            int cudaDriverGetVersion(int *v) { *v = 0; return 0; }
            int cudaRuntimeGetVersion(int *v) { *v = 12090; return 0; }
            const char *cudaGetErrorString(int e) { return "no CUDA-capable device is detected"; }
            """;

    @TempDir
    private Path folder;

    @Test
    void tellsMissingLibrariesAndAMissingGpuApart() throws Exception {
        Path natives = natives();
        assumeTrue(Files.exists(natives),
                natives.getFileName() + " (600 MB) is not in Maven's repository: ./mmard --cuda=12 build fetches it");
        assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(place -> Files.isExecutable(Path.of(place, "gcc"))),
                "gcc, which makes the empty libraries, is not installed");
        assumeTrue(Files.notExists(Path.of("/dev/nvidia0")) && Files.notExists(Path.of("/usr/local/cuda/lib64/libcudart.so.12")),
                "this host has CUDA 12 or a GPU");

        List<String> withoutCudnn = run(natives, libraries().stream().filter(name -> !name.startsWith("libcudnn")).toList());
        String cudnn = "libcudnn.so.9, libcudnn_adv.so.9, libcudnn_cnn.so.9, libcudnn_graph.so.9, libcudnn_ops.so.9";
        assertEquals("this build is for GPUs, and even on the processor it needs libraries of CUDA that are missing on this host: " + cudnn
                + "; install CUDA and cuDNN, or make a build without them with ./mmard --cpu build", withoutCudnn.get(0));
        assertEquals("engine.device = cuda, but CUDA libraries are missing on this host: " + cudnn
                + "; install CUDA and cuDNN, or name their folders in LD_LIBRARY_PATH", withoutCudnn.get(1));

        List<String> withoutGpu = run(natives, libraries());
        assertEquals("cpu 10", withoutGpu.get(0));
        assertTrue(withoutGpu.get(1).startsWith("engine.device = cuda, but there is no GPU: CUDA finds none on this host"),
                withoutGpu.get(1));
    }

    /** All that LibTorch 2.7's GPU natives ask for. */
    private static List<String> libraries() {
        return List.of("libcublas.so.12", "libcublasLt.so.12", "libcudart.so.12", "libcudnn.so.9", "libcudnn_adv.so.9", "libcudnn_cnn.so.9",
                "libcudnn_graph.so.9",
                "libcudnn_ops.so.9", "libcufft.so.11", "libcufile.so.0", "libcupti.so.12", "libcurand.so.10", "libcusolver.so.11",
                "libcusparse.so.12");
    }

    /** The GPU natives of the very LibTorch that the tests run with. */
    private static Path natives() {
        return classPath().filter(entry -> entry.contains("/pytorch-") && entry.endsWith(NATIVES)).findFirst()
                .map(entry -> Path.of(entry.replace(NATIVES, "linux-x86_64-gpu.jar"))).orElse(Path.of("pytorch-linux-x86_64-gpu.jar"));
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    /** What {@link Probe} says in a process that finds these libraries. */
    private List<String> run(Path natives, List<String> libraries) throws IOException, InterruptedException {
        Path run = Files.createTempDirectory(folder, "run");
        for (String library : libraries) {
            boolean runtime = library.equals(RUNTIME);
            Path source = Files.writeString(run.resolve("source.c"), runtime ? WITHOUT_GPU : "");
            Path versions = Files.writeString(run.resolve("versions"), library + " { global: *; };\n");
            Process gcc = new ProcessBuilder("gcc", "-shared", "-fPIC", "-nostdlib", "-w", source.toString(), "-Wl,-soname," + library,
                    "-Wl,--version-script=" + versions, "-o", run.resolve(library).toString()).inheritIO().start();
            assertEquals(0, gcc.waitFor());
        }
        String classes = classPath().map(entry -> entry.contains("/pytorch-") && entry.endsWith(NATIVES) ? natives.toString() : entry)
                .collect(Collectors.joining(File.pathSeparator));
        Path out = run.resolve("out");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx512m",
                "-Dorg.bytedeco.javacpp.cachedir=" + run.resolve("cache"), "-cp", classes, Probe.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(run.resolve("error").toFile());
        builder.environment().put("LD_LIBRARY_PATH", run.toString());
        Process process = builder.start();
        assertTrue(process.waitFor(4, TimeUnit.MINUTES));
        List<String> lines = Files.readAllLines(out).stream().filter(line -> line.startsWith(Probe.MARK))
                .map(line -> line.substring(Probe.MARK.length())).toList();
        assertTrue(!lines.isEmpty(), () -> read(run.resolve("error")));
        // 1.2 GB.
        try (Stream<Path> files = Files.walk(run.resolve("cache"))) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        }
        return lines;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Computes on the processor, then asks for a GPU, and says in a line each what became of it. */
    static final class Probe {
        static final String MARK = "PROBE ";

        private Probe() {}

        public static void main(String[] args) {
            say(Probe::onProcessor);
            say(() -> {
                Device.choose(Settings.Engine.Device.CUDA, null);
                return "a GPU";
            });
            System.exit(0);
        }

        private static String onProcessor() {
            Device.choose(Settings.Engine.Device.CPU, null);
            try (PointerScope scope = new PointerScope(); Classifier model = TorchNetwork.frozen(Architectures.network("cnn-4-8", 10, 1))) {
                return Device.current() + " " + model.logits(ImageShape.CIFAR, new float[2 * 3072]).classes();
            }
        }

        private static void say(Supplier<String> what) {
            try {
                say(what.get());
            } catch (RuntimeException | Error e) {
                say(InputError.in(e).map(Throwable::getMessage).orElse(e.toString()));
            }
        }

        private static void say(String line) {
            System.out.println(MARK + line);
        }
    }
}
