package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts and schedules, as the tools that will read them see them. */
class DeployFilesTest {
    private static final Path SCHEDULE = Shell.CHECKOUT.resolve("deploy/schedule");
    private static final Path NIGHTLY = Shell.CHECKOUT.resolve("spark-jobs/nightly.sh");

    @TempDir
    private Path folder;

    @Test
    void shellcheckHasNothingToSayOfAnyScript() throws Exception {
        need("shellcheck");
        List<String> scripts = new ArrayList<>(List.of("-x", "mmard", ".ci/run"));
        for (String place : new String[] {"deploy", "spark-jobs", "notebooks"}) {
            try (Stream<Path> files = Files.walk(Shell.CHECKOUT.resolve(place))) {
                files.filter(DeployFilesTest::isShell).map(file -> Shell.CHECKOUT.relativize(file).toString()).forEach(scripts::add);
            }
        }
        assertTrue(scripts.contains("spark-jobs/submit.sh") && scripts.contains("deploy/local/spark-home/bin/spark-submit"),
                scripts.toString());

        Shell.Outcome outcome = new Shell(Shell.CHECKOUT).run("shellcheck", scripts.toArray(String[]::new));

        assertEquals(0, outcome.exit(), outcome.out() + outcome.error());
    }

    private static boolean isShell(Path file) {
        try {
            return Files.isRegularFile(file)
                    && Files.readString(file).lines().findFirst().orElse("").matches("#!.*bash|# shellcheck shell=bash");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void javaIsOpenedAsSparksOwnLauncherOpensIt() throws Exception {
        List<String> sparks = Stream.of(JavaModuleOptions.defaultModuleOptions().split(" "))
                .filter(option -> option.startsWith("--add-opens=")).toList();

        assertEquals(sparks, Files.readAllLines(Shell.CHECKOUT.resolve("deploy/local/java-openings")));
    }

    @Test
    void systemdTakesTheUnits() throws Exception {
        need("systemd-analyze");
        // The only thing about the units that is not so on this machine is where the checkout lies.
        Files.writeString(folder.resolve("mmard-nightly.service"),
                Files.readString(SCHEDULE.resolve("mmard-nightly.service")).replace("/opt/mmard/spark-jobs/nightly.sh",
                        NIGHTLY.toString()));
        Files.copy(SCHEDULE.resolve("mmard-nightly.timer"), folder.resolve("mmard-nightly.timer"));

        Shell.Outcome outcome =
                new Shell(folder).run("systemd-analyze", "verify", "--man=no", "./mmard-nightly.service", "./mmard-nightly.timer");

        assumeTrue(!outcome.error().contains("Failed to initialize manager"),
                () -> "systemd-analyze does not work here: " + outcome.error());
        assertEquals(0, outcome.exit(), outcome.error());
        assertEquals("", outcome.error());
    }

    @Test
    void bashTakesTheLineOfTheCrontab() throws Exception {
        List<String> lines = Files.readAllLines(SCHEDULE.resolve("crontab")).stream().filter(line -> line.matches("[\\d*].*")).toList();
        assertEquals(1, lines.size());
        Matcher line = Pattern.compile("(?:[\\d*/,-]+ +){5}(.*)").matcher(lines.get(0));
        assertTrue(line.matches(), lines.get(0));
        assertTrue(!line.group(1).contains("%"), "cron takes a percent sign for the end of the line");

        assertEquals(new Shell.Outcome(0, "", ""), new Shell(folder).run("bash", "-n", "-c", line.group(1)));
    }

    @Test
    void pythonTakesTheDag() throws Exception {
        need("python3");

        Shell.Outcome outcome = new Shell(folder).run("python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())",
                SCHEDULE.resolve("mmard_nightly.py").toString());

        assertEquals(new Shell.Outcome(0, "", ""), outcome);
    }

    @Test
    void allSchedulesRunTheNightlyScriptWithTheVariablesThatItNeeds() throws Exception {
        assertTrue(Files.isExecutable(NIGHTLY));
        for (String schedule : new String[] {"mmard-nightly.service", "crontab", "mmard_nightly.py"}) {
            String text = Files.readString(SCHEDULE.resolve(schedule));
            assertTrue(text.contains("/opt/mmard/spark-jobs/nightly.sh") && text.contains("/etc/mmard/nightly.env"), schedule);
        }
        Map<String, String> variables = new TreeMap<>();
        for (String line : Files.readAllLines(SCHEDULE.resolve("nightly.env"))) {
            Matcher variable = Pattern.compile("([A-Z_]+)=(\\S+)").matcher(line);
            assertTrue(line.startsWith("#") || variable.matches(), line + ": neither systemd nor bash would have to quote it");
            if (variable.matches()) {
                variables.put(variable.group(1), variable.group(2));
            }
        }
        for (String script : new String[] {"nightly.sh", "submit.sh"}) {
            String text = Files.readString(Shell.CHECKOUT.resolve("spark-jobs").resolve(script));
            variables.keySet().removeIf(text::contains);
        }
        assertEquals(List.of("HADOOP_CONF_DIR"), List.copyOf(variables.keySet()), "what no script reads");
    }

    private static void need(String tool) {
        boolean there = Stream.of(System.getenv("PATH").split(":")).anyMatch(place -> Files.isExecutable(Path.of(place, tool)));
        assumeTrue(there, tool + " is not installed");
    }
}
