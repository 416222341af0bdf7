package org.mmard.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What oneDNN says of itself where {@link #VARIABLE} asks it to: a line for each of its operations. */
final class OneDnnLog {
    /** In the environment of a process before it loads LibTorch. */
    static final String VARIABLE = "ONEDNN_VERBOSE";

    private static final String PREFIX = "onednn_verbose,";
    private static final Pattern PROBLEM = Pattern.compile("(?:g(?<groups>\\d+))?mb(?<examples>\\d+)_ic(?<from>\\d+)oc(?<to>\\d+)"
            + "_ih(?<height>\\d+)oh(?<outheight>\\d+)kh(?<kernel>\\d+)sh(?<stride>\\d+)dh(?<dilation>\\d+)ph(?<padding>\\d+)"
            + "_iw(?<width>\\d+)ow(?<outwidth>\\d+)kw(?<kernelwidth>\\d+).*");

    private OneDnnLog() {}

    /** What a convolution computes. */
    enum Pass {
        FORWARD("forward"), DATA("to data"), WEIGHTS("to weights");

        private final String title;

        Pass(String title) {
            this.title = title;
        }

        @Override
        public String toString() {
            return title;
        }

        private static Pass of(String propagation) {
            return switch (propagation) {
                case "backward_data" -> DATA;
                case "backward_weights" -> WEIGHTS;
                default -> FORWARD;
            };
        }
    }

    /**
     * One kind of convolution.
     *
     * @param dilation 1 is dense
     * @param bfloat16 in bfloat16, else float32
     */
    record Convolution(Pass pass, boolean bfloat16, boolean channelsLast, long groups, long examples, long from, long to, long height,
            long width, long outHeight, long outWidth, long kernel, long kernelWidth, long stride, long dilation, long padding) {
        /** Multiplications and additions, each counted. */
        double flops() {
            long perGroup = from / groups;
            return 2.0 * examples * to * perGroup * outHeight * outWidth * kernel * kernelWidth;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%dx%d %d to %d%s, %dx%d%s%s", kernel, kernelWidth, from, to, groups > 1 ? " depthwise" : "",
                    height, width, stride > 1 ? ", stride " + stride : "", channelsLast ? "" : ", channels first");
        }
    }

    /**
     * @param convolution null of anything but a convolution
     * @param reorder whether only a layout or a type was changed
     */
    record Operation(@Nullable Convolution convolution, boolean reorder, double milliseconds) {}

    /** Empty for a line that tells of no operation. */
    static Optional<Operation> read(String line) {
        List<String> fields = List.of(line.split(",", -1));
        int at = fields.indexOf("exec");
        if (!line.startsWith(PREFIX) || at < 0 || fields.size() < at + 7) {
            return Optional.empty();
        }
        double milliseconds;
        try {
            milliseconds = Double.parseDouble(fields.get(fields.size() - 1));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        String kind = fields.get(at + 2);
        Matcher problem = PROBLEM.matcher(fields.get(fields.size() - 2));
        @Nullable
        Convolution convolution = null;
        if (kind.equals("convolution") && problem.matches()) {
            convolution = convolution(Pass.of(fields.get(at + 4)), fields.get(at + 5), problem);
        }
        return Optional.of(new Operation(convolution, kind.equals("reorder"), milliseconds));
    }

    private static Convolution convolution(Pass pass, String memory, Matcher problem) {
        return new Convolution(pass, memory.startsWith("src:bf16"), memory.matches("src:[^ ]*:blocked:acdb.*"),
                problem.group("groups") == null ? 1 : number(problem, "groups"), number(problem, "examples"), number(problem, "from"),
                number(problem, "to"), number(problem, "height"), number(problem, "width"), number(problem, "outheight"),
                number(problem, "outwidth"), number(problem, "kernel"), number(problem, "kernelwidth"), number(problem, "stride"),
                number(problem, "dilation") + 1, number(problem, "padding"));
    }

    private static long number(Matcher problem, String name) {
        return Long.parseLong(problem.group(name));
    }
}
