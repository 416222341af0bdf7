package org.mmard.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.InputError;
import org.mmard.model.ModelFile;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A teacher as it travels from the driver, which reads its file once, to the executors, which need not reach that file.
 *
 * @param uri where it was read; @param sha256 of that file, in hexadecimal
 * @param architecture its name in the zoo
 * @param configuration its DL4J configuration as JSON
 * @param parameters its flat parameter vector
 */
public record Teacher(String uri, String sha256, String architecture, int classes, String configuration, float[] parameters) implements Serializable {
    /** @throws InputError naming the URI, when there is no model there */
    public static Teacher read(String uri, Configuration hadoop) {
        ModelFile.Model model = ModelFile.read(uri, hadoop);
        return new Teacher(uri, checksum(uri, hadoop), model.metadata().architecture(), model.metadata().classNames().size(),
                model.graph().getConfiguration().toJson(), model.graph().params().toFloatVector());
    }

    /** The teacher's graph, anew. */
    ComputationGraph graph() {
        ComputationGraph graph = new ComputationGraph(ComputationGraphConfiguration.fromJson(configuration));
        graph.init(Nd4j.create(parameters, 1, parameters.length), false);
        return graph;
    }

    private static String checksum(String uri, Configuration hadoop) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Path path = new Path(uri);
            FileSystem files = path.getFileSystem(hadoop);
            FileSystem raw = files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
            try (InputStream in = new DigestInputStream(raw.open(path), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
