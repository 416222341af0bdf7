package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import org.mmard.bench.StepProfile;

/** What {@code mmard bench step --profile} prints. */
record ProfileTable(StepProfile profile) {
    /** @param json whether the last line is a JSON object */
    void print(String title, boolean json, PrintWriter out) {
        out.println(title);
        out.printf("%n%-34s %10s %8s%n", "where a step goes", "ms", "share");
        profile.parts().forEach((part, milliseconds) -> out.printf(Locale.ROOT, "%-34s %10.2f %6.1f %%%n", part, milliseconds,
                100 * milliseconds / profile.milliseconds()));
        out.printf(Locale.ROOT, "%-34s %10.2f%n", "all", profile.milliseconds());
        out.printf("%n%-46s %-10s %-9s %6s %8s %8s %9s %9s %6s%n", "convolutions", "pass", "type", "calls", "GFLOP", "ms", "GFLOP/s",
                "alone",
                "ratio");
        for (StepProfile.Layer layer : profile.layers()) {
            out.printf(Locale.ROOT, "%-46s %-10s %-9s %6.0f %8.2f %8.2f %9.0f %9.0f %6.2f%n", layer.shape(), layer.pass(), layer.type(),
                    layer.calls(), layer.gigaflop(), layer.milliseconds(), layer.reached(), layer.alone(),
                    layer.reached() / layer.alone());
        }
        if (!profile.layers().isEmpty()) {
            double share = profile.gigaflop() / profile.alone() / profile.milliseconds() * 1e3;
            out.printf(Locale.ROOT,
                    "%nroofline: %.1f GFLOP of convolutions a step. oneDNN does them at %.0f GFLOP/s; each repeated alone, they "
                            + "would go at %.0f and%ntake %.1f ms, %.0f %% of the step: nothing but faster convolutions can make a step faster than "
                            + "that.%n",
                    profile.gigaflop(), profile.reached(), profile.alone(), 1e3 * profile.gigaflop() / profile.alone(),
                    100 * share);
        }
        if (json) {
            out.println(json());
        }
        out.flush();
    }

    private ObjectNode json() {
        ObjectNode figures = new ObjectMapper().createObjectNode();
        figures.put("milliseconds", profile.milliseconds());
        ObjectNode parts = figures.putObject("parts");
        profile.parts().forEach(parts::put);
        figures.put("gigaflop", profile.gigaflop());
        ArrayNode layers = figures.putArray("convolutions");
        for (StepProfile.Layer layer : profile.layers()) {
            layers.addObject().put("shape", layer.shape()).put("pass", layer.pass()).put("type", layer.type()).put("calls", layer.calls())
                    .put("gigaflop", layer.gigaflop()).put("milliseconds", layer.milliseconds())
                    .put("gigaflop_per_second", layer.reached()).put("gigaflop_per_second_alone", layer.alone());
        }
        return figures;
    }
}
