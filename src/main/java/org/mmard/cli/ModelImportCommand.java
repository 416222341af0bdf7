package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.package$;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.run.Versions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard model import}: PyTorch weights as a model file, for a teacher or a student to begin with. */
@Command(
        name = "import", mixinStandardHelpOptions = true,
        description = "Makes a model file of PyTorch weights: a teacher, or a student's first weights.")
final class ModelImportCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, paramLabel = "URI",
            description = "A .pt or .pth file with a state_dict, on any Hadoop filesystem.")
    private String model;

    @Option(names = "--architecture", required = true, paramLabel = "NAME",
            description = "The network of the zoo that the weights are of, such as resnet18.")
    private String architecture;

    @Mixin
    private ShapeOption shape;

    @Option(names = "--out", required = true, paramLabel = "URI", description = "The model zip to write, on any Hadoop filesystem.")
    private String out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration hadoop = HadoopConfiguration.load();
        OutFile file = OutFile.of(out, "the model", architecture + ".zip", hadoop);
        if (file.exists()) {
            throw new InputError("--out " + out + ": there is such a file already; choose another name or remove it");
        }
        ModelFile.Model read = Models.read(model, architecture, shape.shape(), hadoop);
        Map<String, String> provenance = new TreeMap<>(read.metadata().provenance());
        provenance.putAll(Versions.collect(package$.MODULE$.SPARK_VERSION()));
        ModelFile.Metadata metadata =
                new ModelFile.Metadata(architecture, read.metadata().shape(), read.metadata().classNames(), read.metadata().data(),
                        provenance);
        String written = file.write(stream -> ModelFile.write(stream, read.graph(), metadata, Map.of()));
        PrintWriter console = spec.commandLine().getOut();
        console.println("written to " + written + ": " + architecture + ", " + metadata.classNames().size() + " classes");
        console.flush();
        return 0;
    }
}
