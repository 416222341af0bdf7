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

/** A configuration and what it includes, with lines that include, substitute, nest and append. */
public final class FuzzedHocon implements FuzzedReader {
    private static final String GOOD = """
            include "base.conf"
            run { directory = /tmp/x, seed = 7 }
            data.uri = ${?MMARD_DATA}
            data.uri = "/data/x"
            training { epochs = 30, batch = 128, learning-rate = 0.1, schedule = piecewise, milestones = [0, 5, 10], rates = [0, 0.1, 0.01] }
            method { inner = rslad, outer = "rslad + triangle", a = 5/6, triangle { smoothing = 1e-4, corners = [natural, adversarial] } }
            attack { epsilon = 8/255, step-size = 2/255, steps = 10 }
            validation.step-size = ${attack.step-size}
            preset = null
            """;
    private static final String BASE = "teacher.model = t.zip\nengine { threads = 2 }\ntraining.weight-decay = 5e-4\n";
    private static final String[] LINES = {
        "include url(\"http://127.0.0.1:9/x\")", "include classpath(\"reference.conf\")", "include file(\"/etc/passwd\")",
        "include \"../../etc/passwd\"", "include \"run.conf\"",
        "include required(\"nowhere.conf\")", "training.epochs = ${training.epochs}${training.epochs}", "training = ${method}",
        "method { include \"base.conf\" }",
        "a0 = x\na1 = ${a0}${a0}\na2 = ${a1}${a1}", "training.milestones += 5", "training += 5", "${a}", "a = ${HOME}${?PATH}", "\"\"\"",
        "run = null", "training.milestones = ${?run}",
        "preset = rslad-zibojia", "attack.epsilon = 1e999", "attack.epsilon = 1/0", "training.epochs = 9999999999",
        "student.architecture = \"\\u001b[31m\""};

    @Override
    public String name() {
        return "hocon";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        // Not as a string: lone surrogates cannot be written as one.
        Files.write(folder.resolve("run.conf"), changed(GOOD, random).getBytes(StandardCharsets.UTF_8));
        Files.write(folder.resolve("base.conf"), (random.nextInt(4) == 0 ? changed(BASE, random) : BASE).getBytes(StandardCharsets.UTF_8));
    }

    private static String changed(String good, SplittableRandom random) {
        String text = good;
        if (random.nextInt(3) == 0) {
            String line = LINES[random.nextInt(LINES.length)] + "\n";
            int times = random.nextInt(6) == 0 ? 1 + random.nextInt(50) : 1;
            text = random.nextBoolean() ? line.repeat(times) + text : text + line.repeat(times);
        }
        return random.nextInt(3) == 0 ? text : Mutations.text(text, random);
    }

    @Override
    public void read(Path folder) {
        ResolvedSettings settings = SettingsReader.read(folder.resolve("run.conf").toString(), Map.of(), new Configuration(false));
        if (!SettingsReader.readStored(settings.rendered().getBytes(StandardCharsets.UTF_8), "run.conf").settings()
                .equals(settings.settings())) {
            throw new IllegalStateException("what a run stores is not what it read");
        }
    }
}
