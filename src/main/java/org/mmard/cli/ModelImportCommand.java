package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.package$;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
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
            description = "Weights as torch.save or safetensors wrote them, on any Hadoop filesystem.")
    private String model;

    @Mixin
    private WeightsOptions weights;

    @Mixin
    private ShapeOption shape;

    @Option(names = "--verbose", description = "Also lists what else the file holds, which is left alone.")
    private boolean verbose;

    @Option(names = "--out", required = true, paramLabel = "URI", description = "The model zip to write, on any Hadoop filesystem.")
    private String out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration hadoop = HadoopConfiguration.load();
        OutFile file = OutFile.of(out, "the model", "teacher.zip", hadoop);
        if (file.exists()) {
            throw new InputError("--out " + out + ": there is such a file already; choose another name or remove it");
        }
        Models.Found found = Models.read(model, weights.choice(), shape.shape(), hadoop);
        ModelFile.Model read = found.model();
        String architecture = read.metadata().architecture();
        PrintWriter console = spec.commandLine().getOut();
        found.notes().forEach(note -> console.println(Printable.line(note)));
        if (verbose) {
            found.skipped().forEach(each -> console.println("left alone: " + Printable.line(each)));
        }
        Map<String, String> provenance = new TreeMap<>(read.metadata().provenance());
        provenance.putAll(Versions.collect(package$.MODULE$.SPARK_VERSION()));
        ModelFile.Metadata metadata =
                new ModelFile.Metadata(architecture, read.metadata().shape(), read.metadata().classNames(), read.metadata().data(),
                        provenance);
        String written = file.write(stream -> ModelFile.write(stream, read.graph(), metadata, Map.of()));
        console.println("written to " + written + ": " + architecture + ", " + metadata.classNames().size() + " classes");
        console.flush();
        return 0;
    }
}
