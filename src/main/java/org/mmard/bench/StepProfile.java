package org.mmard.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.mmard.engine.Profile;

/**
 * Where a training step's time goes, by kind of work, and how near its convolutions come to what each of them reaches alone.
 *
 * @param parts milliseconds of one step, in the order in which they are told; they add up to {@code milliseconds}
 * @param layers each kind of convolution, the longest first
 * @param milliseconds of one step, wall
 */
public record StepProfile(Map<String, Double> parts, List<Layer> layers, double milliseconds) {
    private static final String BEGIN = "mmard-profile begins";
    private static final String END = "mmard-profile ends ";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double MILLISECONDS = 1e3;
    private static final double GIGA = 1e9;
    private static final Map<Profile.Part, String> TITLES = titles();

    /**
     * One kind of convolution in a step.
     *
     * @param shape kernel, channels, size of the images
     * @param pass forward, to data or to weights
     * @param type bfloat16 or float32
     * @param calls in one step
     * @param gigaflop of one step, a multiplication and an addition counted as two
     * @param milliseconds of one step, as oneDNN counts them: without the reorders around it
     * @param alone gigaflop per second where the same convolution is computed again and again, and nothing else
     */
    public record Layer(String shape, String pass, String type, double calls, double gigaflop, double milliseconds, double alone) {
        /** Gigaflop per second within the step. */
        public double reached() {
            return gigaflop / milliseconds * MILLISECONDS;
        }
    }

    /** All convolutions of a step, in gigaflop. */
    public double gigaflop() {
        return layers.stream().mapToDouble(Layer::gigaflop).sum();
    }

    /** Gigaflop per second of all convolutions within the step. */
    public double reached() {
        return gigaflop() / layers.stream().mapToDouble(Layer::milliseconds).sum() * MILLISECONDS;
    }

    /** What they would reach if each ran as fast as it does alone. */
    public double alone() {
        return gigaflop() / layers.stream().mapToDouble(layer -> layer.gigaflop / layer.alone).sum();
    }

    /**
     * Starts a process, in which {@link StepBenchmark#runInParts} is called, and asks oneDNN for its times there; then times each kind of
     * convolution alone, in this one.
     *
     * @param process its standard output is read here
     * @param steps that it takes
     * @throws IOException where it cannot be started or read
     * @throws InterruptedException while it is waited for; it is ended then
     * @throws IllegalStateException where it ends without having told
     */
    public static StepProfile of(ProcessBuilder process, int steps) throws IOException, InterruptedException {
        process.environment().put(OneDnnLog.VARIABLE, "1");
        Process started = process.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> log = new ArrayList<>();
        @Nullable
        Told told = null;
        try (BufferedReader reader = started.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.equals(BEGIN)) {
                    log.clear();
                } else if (line.startsWith(END)) {
                    told = JSON.readValue(line.substring(END.length()), Told.class);
                } else if (told == null) {
                    log.add(line);
                }
            }
            int code = started.waitFor();
            if (told == null) {
                throw new IllegalStateException("the process that is profiled ended with exit code " + code);
            }
        } finally {
            started.destroy();
        }
        return of(log, told.parts, told.seconds, steps);
    }

    /** The other half of {@link #of}: what that process prints. oneDNN prints between the two lines. */
    static void write(PrintStream out, Runnable work) {
        out.println(BEGIN);
        out.flush();
        long from = System.nanoTime();
        Map<Profile.Part, Double> parts = Profile.during(work);
        double seconds = (System.nanoTime() - from) / GIGA;
        try {
            out.println(END + JSON.writeValueAsString(new Told(parts, seconds)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        out.flush();
    }

    private record Told(Map<Profile.Part, Double> parts, double seconds) {}

    /**
     * @param log what oneDNN said of so many steps, line by line
     * @param timed seconds of those steps by part
     * @param seconds of those steps, all
     */
    static StepProfile of(List<String> log, Map<Profile.Part, Double> timed, double seconds, int steps) {
        Map<OneDnnLog.Convolution, List<Double>> convolutions = new LinkedHashMap<>();
        Map<OneDnnLog.Pass, Double> passes = new EnumMap<>(OneDnnLog.Pass.class);
        double reorders = 0;
        for (String line : log) {
            OneDnnLog.Operation operation = OneDnnLog.read(line).orElse(null);
            if (operation == null) {
                continue;
            }
            OneDnnLog.Convolution convolution = operation.convolution();
            if (convolution != null) {
                convolutions.computeIfAbsent(convolution, kind -> new ArrayList<>()).add(operation.milliseconds());
                passes.merge(convolution.pass(), operation.milliseconds(), Double::sum);
            } else if (operation.reorder()) {
                reorders += operation.milliseconds();
            }
        }
        Map<String, Double> parts = new LinkedHashMap<>();
        double known = reorders;
        for (OneDnnLog.Pass pass : OneDnnLog.Pass.values()) {
            double spent = passes.getOrDefault(pass, 0.0);
            known += spent;
            parts.put("convolutions, " + pass, spent / steps);
        }
        parts.put("reorders into oneDNN's layouts", reorders / steps);
        parts.put("around oneDNN's calls", (MILLISECONDS * timed.getOrDefault(Profile.Part.CONVOLUTION, 0.0) - known) / steps);
        TITLES.forEach((part, title) -> parts.put(title, MILLISECONDS * timed.getOrDefault(part, 0.0) / steps));
        double all = MILLISECONDS * seconds / steps;
        parts.put("JVM, update, and the rest", all - parts.values().stream().mapToDouble(Double::doubleValue).sum());
        List<Layer> layers = new ArrayList<>();
        convolutions.forEach((kind, each) -> layers.add(new Layer(kind.toString(), kind.pass().toString(),
                kind.bfloat16() ? "bfloat16" : "float32", (double) each.size() / steps, kind.flops() * each.size() / steps / GIGA,
                each.stream().mapToDouble(Double::doubleValue).sum() / steps, kind.flops() / alone(kind) / GIGA)));
        layers.sort(Comparator.comparingDouble(Layer::milliseconds).reversed());
        return new StepProfile(parts, layers, all);
    }

    private static Map<Profile.Part, String> titles() {
        Map<Profile.Part, String> titles = new EnumMap<>(Profile.Part.class);
        titles.put(Profile.Part.ELEMENT_WISE, "ReLU, additions, padding");
        titles.put(Profile.Part.BATCH_NORM, "batch norm");
        titles.put(Profile.Part.HEAD, "mean and dense layer");
        titles.put(Profile.Part.LAYOUT, "casts and layout of images");
        titles.put(Profile.Part.SNAPSHOT, "snapshot of the student");
        titles.put(Profile.Part.IMAGES, "signs, steps, projections");
        titles.put(Profile.Part.START, "random starts");
        titles.put(Profile.Part.LOSS, "losses");
        titles.put(Profile.Part.COPY, "copies in and out of the JVM");
        return titles;
    }

    /** Seconds of one such convolution, the best of many: only it runs. */
    private static double alone(OneDnnLog.Convolution kind) {
        double most = 0.1;
        int fewest = 5;
        try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
            Tensor images = random(kind, kind.examples(), kind.from(), kind.height(), kind.width());
            Tensor weight = random(kind, kind.to(), kind.from() / kind.groups(), kind.kernel(), kind.kernelWidth());
            Tensor gradient = random(kind, kind.examples(), kind.to(), kind.outHeight(), kind.outWidth());
            double best = Double.POSITIVE_INFINITY;
            long begin = System.nanoTime();
            for (int i = 0; i < fewest || System.nanoTime() - begin < most * GIGA; i++) {
                try (PointerScope once = new PointerScope()) {
                    long from = System.nanoTime();
                    compute(kind, images, weight, gradient);
                    best = Math.min(best, (System.nanoTime() - from) / GIGA);
                }
            }
            return best;
        }
    }

    private static void compute(OneDnnLog.Convolution kind, Tensor images, Tensor weight, Tensor gradient) {
        long[] stride = {kind.stride(), kind.stride()};
        long[] padding = {kind.padding(), kind.padding()};
        long[] dilation = {kind.dilation(), kind.dilation()};
        if (kind.pass() == OneDnnLog.Pass.FORWARD) {
            torch.conv2d(images, weight, new TensorOptional(), stride, padding, dilation, kind.groups());
            return;
        }
        boolean toData = kind.pass() == OneDnnLog.Pass.DATA;
        BoolPointer wanted = new BoolPointer(3).put(0, toData).put(1, !toData).put(2, false);
        torch.convolution_backward(gradient, images, weight, new LongArrayRefOptional(), stride, padding, dilation, false,
                new long[] {0, 0}, kind.groups(), wanted);
    }

    private static Tensor random(OneDnnLog.Convolution kind, long... shape) {
        Tensor values = torch.rand(shape, new TensorOptions(ScalarType.Float));
        Tensor typed = kind.bfloat16() ? values.to(ScalarType.BFloat16) : values;
        return kind.channelsLast() ? typed.contiguous(MemoryFormat.ChannelsLast) : typed;
    }
}
