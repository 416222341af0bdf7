package org.mmard.step;

import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A teacher as it travels from the driver, which reads its file once, to the executors, which need not reach that file.
 *
 * @param uri where it was read
 * @param sha256 of that file, in hexadecimal
 * @param architecture its name in the zoo
 * @param shape of the images it is for
 * @param configuration its DL4J configuration as JSON
 * @param parameters its flat parameter vector
 */
public record Teacher(String uri, String sha256, String architecture, ImageShape shape, int classes, String configuration,
        float[] parameters)
        implements Serializable {
    /** @throws InputError naming the URI, when there is no model there */
    public static Teacher read(String uri, Configuration hadoop) {
        ModelFile.Model model = ModelFile.read(uri, hadoop);
        return new Teacher(uri, ModelFile.checksum(uri, hadoop), model.metadata().architecture(), model.metadata().shape(),
                model.metadata().classNames().size(),
                model.graph().getConfiguration().toJson(), model.graph().params().toFloatVector());
    }

    /** The teacher as it answers, in eval mode. Close it. */
    public Classifier frozen() {
        ComputationGraph graph = graph();
        try {
            return TorchNetwork.frozen(graph);
        } finally {
            // What is frozen is a snapshot: the graph's own vectors need not wait for the garbage collector.
            graph.close();
        }
    }

    /** The teacher's graph, anew. */
    ComputationGraph graph() {
        ComputationGraph graph = new ComputationGraph(ComputationGraphConfiguration.fromJson(configuration));
        graph.init(Nd4j.create(parameters, 1, parameters.length), false);
        return graph;
    }
}
