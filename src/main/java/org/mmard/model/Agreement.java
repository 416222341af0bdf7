package org.mmard.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.mmard.data.ImageShape;

/**
 * Holds a model file's configuration to the network that the file says it holds. DL4J makes objects of whatever classes a configuration
 * names, in a dozen places, and takes kernels, strides and shapes as they come. So it never sees one from a file: every value has to be the
 * one that the zoo writes for that name, and the zoo's own is used.
 */
final class Agreement {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    /** What DL4J counts, draws and notes down as it goes: nothing that the network computes depends on it, and all of it is made anew. */
    private static final Set<String> FREE =
            Set.of("iterationCount", "epochCount", "seed", "variables", "topologicalOrder", "topologicalOrderStr");
    private static final int LONGEST_VALUE = 100;

    private final String architecture;

    private Agreement(String architecture) {
        this.architecture = architecture;
    }

    /**
     * The zoo's configuration of that network, with the counts that stand in the file's.
     *
     * @param shape of the images, as the file has it
     * @param content of a file's configuration
     * @throws IOException in a message to follow the entry's name, where it is of another network, or none
     */
    static ComputationGraphConfiguration configuration(String architecture, ImageShape shape, int classes, byte[] content)
            throws IOException {
        JsonNode held = tree(content);
        JsonNode logits = held.at("/vertices/logits/layerConf/layer/nout");
        if (logits.isIntegralNumber() && logits.longValue() != classes) {
            throw new IOException("the network has " + logits.asText() + " logits, and mmard.json " + classes + " class names");
        }
        ComputationGraphConfiguration zoo = Architectures.of(architecture, shape, classes,
                held.at("/defaultConfiguration/seed").longValue(), held.path("vertices").has(Normalisation.VERTEX));
        new Agreement(architecture).require("", tree(zoo.toJson().getBytes(StandardCharsets.UTF_8)), held);
        zoo.setIterationCount(held.path("iterationCount").intValue());
        zoo.setEpochCount(held.path("epochCount").intValue());
        return zoo;
    }

    private static JsonNode tree(byte[] content) throws IOException {
        try {
            return JSON.readTree(content);
        } catch (JsonProcessingException e) {
            throw new IOException("no configuration of a DL4J graph: " + e.getOriginalMessage(), e);
        }
    }

    private void require(String path, JsonNode wanted, JsonNode held) throws IOException {
        if (wanted.isObject() && held.isObject()) {
            Set<String> names = new TreeSet<>();
            wanted.fieldNames().forEachRemaining(names::add);
            for (Iterator<String> surplus = held.fieldNames(); surplus.hasNext();) {
                String name = surplus.next();
                if (!names.contains(name)) {
                    throw new IOException(path + name + " is there, which " + architecture + " does not have");
                }
            }
            for (Iterator<Map.Entry<String, JsonNode>> fields = wanted.fields(); fields.hasNext();) {
                Map.Entry<String, JsonNode> field = fields.next();
                if (!FREE.contains(field.getKey())) {
                    require(path + field.getKey() + ".", field.getValue(), held.path(field.getKey()));
                }
            }
        } else if (!wanted.equals(held)) {
            throw new IOException((path.isEmpty() ? "it" : path.substring(0, path.length() - 1)) + " is " + shown(held) + ", where "
                    + architecture + " has " + shown(wanted));
        }
    }

    private static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "missing" : value.toString();
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "...";
    }
}
