package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.package$;
import org.mmard.data.ImageShape;
import org.mmard.export.ExportFormat;
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

/** {@code mmard model export}: a model as a file that others run. */
@Command(
        name = "export", mixinStandardHelpOptions = true,
        description = "Writes a model as a file that others run: ONNX, safetensors, or a state_dict for PyTorch.")
final class ModelExportCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, paramLabel = "URI",
            description = "Model zip (a checkpoint, best.zip or last.zip of a run), or PyTorch weights, on any Hadoop filesystem.")
    private String model;

    @Mixin
    private WeightsOptions weights;

    @Mixin
    private ShapeOption shape;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "The file's format: onnx, safetensors or state-dict.")
    private String formatName;

    @Option(names = "--fold",
            description = "Makes each batch norm part of the convolution before it, where there is one: the same logits but for rounding, in "
                    + "less time. Of onnx alone.")
    private boolean fold;

    @Option(names = "--out", required = true, paramLabel = "URI", description = "The file to write, on any Hadoop filesystem.")
    private String out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ExportFormat format = ExportFormat.of(formatName);
        Configuration hadoop = HadoopConfiguration.load();
        if (fold && !format.folds()) {
            throw new InputError("--fold goes with --format onnx: what " + format + " is loaded into has its batch norms itself");
        }
        OutFile file = OutFile.of(out, "the file", format.example(), hadoop);
        if (file.exists()) {
            throw new InputError("--out " + out + ": there is such a file already; choose another name or remove it");
        }
        Models.Found found = Models.read(model, weights.choice(), shape.shape(), hadoop);
        ModelFile.Model read = found.model();
        ModelFile.Metadata metadata = withOrigin(read.metadata(), ModelFile.checksum(model, hadoop));
        String written = file.write(stream -> format.write(stream, read.graph(), metadata, fold));
        ImageShape images = metadata.shape();
        PrintWriter console = spec.commandLine().getOut();
        found.notes().forEach(note -> console.println(Printable.line(note)));
        console.println("written to " + written + ": " + metadata.architecture() + " as " + format.words() + (fold ? ", folded" : ""));
        console.println("  images, float32 in [0, 1], [batch, " + images.channels() + ", " + images.height() + ", " + images.width()
                + "] -> logits, [batch, " + metadata.classNames().size() + "]");
        console.flush();
        return 0;
    }

    /** Says of which file, byte by byte, the new one is made, and by what. */
    private static ModelFile.Metadata withOrigin(ModelFile.Metadata metadata, String checksum) {
        Map<String, String> versions = Versions.collect(package$.MODULE$.SPARK_VERSION());
        Map<String, String> provenance = new TreeMap<>(metadata.provenance());
        provenance.put("exported-sha256", checksum);
        provenance.put("exported-by", "mmard " + versions.get("mmard") + ", commit " + versions.get("commit"));
        return new ModelFile.Metadata(metadata.architecture(), metadata.shape(), metadata.classNames(), metadata.data(), provenance);
    }
}
