package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

class DataSourcesTest {
    private static final ImageSet ONE = new ImageSet(new ImageShape(1, 1, 2), new byte[] {1, 2}, new byte[] {1}, List.of("a", "b"));

    @TempDir
    private Path folder;

    private final Configuration hadoop = HadoopConfiguration.load(null);

    /** Comes from a jar beside ours, and needs no files. */
    public static final class Invented implements DataFormat {
        @Override
        public String name() {
            return "invented";
        }

        @Override
        public String description() {
            return "invented images (nothing)";
        }

        @Override
        public Optional<DataSource> open(String uri, Configuration settings) {
            return uri.startsWith("invented:") ? Optional.of(new Source()) : Optional.empty();
        }
    }

    private static final class Source implements DataSource {
        @Override
        public String title() {
            return "invented";
        }

        @Override
        public ImageShape shape() {
            return ONE.shape();
        }

        @Override
        public List<String> classNames() {
            return ONE.classNames();
        }

        @Override
        public ImageSet train(int examples) {
            return ONE;
        }

        @Override
        public ImageSet test(int examples) {
            return ONE;
        }
    }

    @Test
    void aJarBringsAFormatThatHadoopNeedNotKnow() throws Exception {
        Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
        Files.writeString(services.resolve(DataFormat.class.getName()), Invented.class.getName() + "\n");
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.resolve("jar").toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            assertEquals(ONE.checksum(), DataSources.open("invented:anything", hadoop).train(DataSource.ALL).checksum());
            assertTrue(refusal(folder.toString()).endsWith(" nor invented images (nothing)"), refusal(folder.toString()));
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    void aPlaceThatNobodyKnowsIsToldWhatWasLookedFor() {
        assertEquals(folder + ": has the files of neither CIFAR-10 (data_batch_1.bin, ..., test_batch.bin) nor CIFAR-100 (train.bin, ..., "
                + "test.bin) nor imported images (images.json)", refusal(folder.toString()));
        assertEquals(folder + "/absent: no such file or folder", refusal(folder + "/absent"));
    }

    private String refusal(String uri) {
        return assertThrows(InputError.class, () -> DataSources.open(uri, hadoop)).getMessage();
    }
}
