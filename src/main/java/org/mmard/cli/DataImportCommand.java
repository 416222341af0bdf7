package org.mmard.cli;

import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageRecords;
import org.mmard.data.ImagesFolder;
import org.mmard.data.importing.Importer;
import org.mmard.files.HadoopConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mmard data import}: other people's data sets as folders that every command reads. */
@Command(
        name = "import", mixinStandardHelpOptions = true,
        description = "Makes a folder of images, for data.uri and --data, of a data set as it was published.")
final class DataImportCommand implements Callable<Integer> {
    @Option(names = "--from", required = true, paramLabel = "FORMAT",
            description = "cifar-python: cifar-10-batches-py or cifar-100-python, which torchvision downloads. cifar-100-coarse: the second, by its "
                    + "20 coarse labels. svhn: the folder of train_32x32.mat and test_32x32.mat. tiny-imagenet: tiny-imagenet-200.zip, or the folder in "
                    + "it. folders: train/CLASS/ and test/CLASS/ with PNG or JPEG files of one size, in a folder or a zip.")
    private String from;

    @Option(names = "--to", required = true, paramLabel = "URI", description = "The folder to write, on any Hadoop filesystem.")
    private String to;

    @Parameters(paramLabel = "SOURCE", description = "Where the data set lies, on any Hadoop filesystem.")
    private String source;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Importer importer = Importer.named(from);
        Configuration hadoop = HadoopConfiguration.load();
        try (ImageRecords records = importer.open(source, hadoop)) {
            ImagesFolder written = ImagesFolder.write(to, hadoop, records);
            spec.commandLine().getOut().println(to + ": wrote " + written.records() + " of " + written.title() + ", "
                    + written.classNames().size() + " classes, images of " + written.shape());
        }
        return 0;
    }
}
