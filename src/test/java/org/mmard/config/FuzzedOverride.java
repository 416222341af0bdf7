package org.mmard.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** A key and a value, as {@code -D} gives them. */
public final class FuzzedOverride implements FuzzedReader {
    private static final String[] KEYS = {"training.epochs", "training.milestones", "run.directory", "attack.epsilon", "teacher.model",
        "method.triangle.corners", "preset", "training"};
    private static final String[] VALUES = {"5", "[1, 2.5]", "/tmp/x", "8/255", "null", "[natural, label]", "rslad-zibojia",
        "[1]\ninclude url(\"http://127.0.0.1:9/x\")", "[${HOME}]"};

    @Override
    public String name() {
        return "override";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        String key = KEYS[random.nextInt(KEYS.length)];
        String value = VALUES[random.nextInt(VALUES.length)];
        Files.writeString(folder.resolve("run.conf"), "run.directory = /tmp/x, data.uri = /data");
        Files.write(folder.resolve("key"), (random.nextInt(3) == 0 ? Mutations.text(key, random) : key).getBytes(StandardCharsets.UTF_8));
        Files.write(folder.resolve("value"),
                (random.nextBoolean() ? Mutations.text(value, random) : value).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) throws IOException {
        SettingsReader.read(folder.resolve("run.conf").toString(),
                Map.of(Files.readString(folder.resolve("key")), Files.readString(folder.resolve("value"))),
                new Configuration(false));
    }
}
