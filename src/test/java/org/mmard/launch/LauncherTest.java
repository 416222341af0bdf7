package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a small checkout whose path has a space, with a Maven that takes no minutes: it lays down a jar whose
 * command prints what it was given and exits with the number in its first argument.
 */
class LauncherTest {
    @TempDir
    private Path temporary;

    private Path checkout;
    private Path builds;
    private Path tools;
    private Shell shell;

    @BeforeEach
    void makeCheckout() throws Exception {
        checkout = Files.createDirectories(temporary.resolve("a checkout"));
        builds = temporary.resolve("builds");
        tools = Files.createDirectories(temporary.resolve("tools"));
        copy(Shell.CHECKOUT.resolve("mmard"), checkout.resolve("mmard"));
        copy(Shell.CHECKOUT.resolve("deploy/local"), checkout.resolve("deploy/local"));
        Files.createDirectories(checkout.resolve("src/main/java"));
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Path jar = echoingJar();
        script(tools.resolve("mvn"), """
                echo "$*" >> '%s'
                sleep 0.5
                mkdir -p target/spark-home/bin target/spark-home/jars
                touch target/spark-home/bin/spark-class && chmod +x target/spark-home/bin/spark-class
                cp '%s' target/mmard-train.jar
                """.formatted(builds, jar));
        shell = new Shell(temporary).with("PATH", tools + ":" + System.getenv("PATH")).with("JAVA_HOME", System.getProperty("java.home"));
    }

    @Test
    void buildsOnceThenPassesArgumentsAndExitCodeFromAnyFolder() throws Exception {
        Shell.Outcome first = mmard("7", "two words", "", "*");

        assertEquals(7, first.exit(), first.error());
        assertEquals("[7, two words, , *]", first.out().lines().findFirst().orElseThrow());
        assertEquals("building (first time: a few minutes)…\n", first.error());

        Shell.Outcome second = mmard("0");

        assertEquals(0, second.exit());
        assertEquals("", second.error());
        assertEquals(1, Files.readAllLines(builds).size());
        assertTrue(Files.readString(builds).contains("-Dmaven.test.skip=true"), "the tests are not part of a start");
    }

    @Test
    void buildsAgainWhenASourceIsNewerAndNotWhenATestIs() throws Exception {
        mmard("0");
        Path test = Files.createDirectories(checkout.resolve("src/test")).resolve("New.java");
        touchLater(Files.writeString(test, ""));
        mmard("0");
        assertEquals(1, Files.readAllLines(builds).size());

        touchLater(Files.writeString(checkout.resolve("src/main/java/New.java"), ""));
        Shell.Outcome outcome = mmard("0");

        assertEquals("building…\n", outcome.error());
        assertEquals(2, Files.readAllLines(builds).size());
    }

    @Test
    void aBuildKeepsTheClassesOfShortCommandsWhichStartWithoutThemToo() throws Exception {
        Path classes = checkout.resolve("target/mmard.jsa");
        Shell lenient = shell.with("ANY_COMMAND", "1");
        assertEquals(0, lenient.run(checkout.resolve("mmard"), "build").exit());
        assertTrue(Files.size(classes) > 0);
        String option = "-XX:SharedArchiveFile=" + classes.toRealPath();
        assertTrue(lenient.run(checkout.resolve("mmard"), "model", "describe").out().contains(option));
        // A profiler or an agent may come to these.
        assertFalse(lenient.run(checkout.resolve("mmard"), "train").out().contains(option));
        assertFalse(lenient.with("JDK_JAVA_OPTIONS", "-Da=b").run(checkout.resolve("mmard"), "model").out().contains(option));

        Files.delete(classes);
        Files.writeString(classes, "of another Java");
        Shell.Outcome outcome = lenient.run(checkout.resolve("mmard"), "model", "word");

        assertEquals("[model, word]", outcome.out().lines().findFirst().orElseThrow());
        assertEquals(0, outcome.exit());
        assertEquals("", outcome.error());

        Files.delete(checkout.resolve("target/mmard-train.jar"));
        assertEquals(1, mmard("1").exit());
        assertTrue(Files.notExists(classes), "what was made of another jar is gone, though nothing took its place");
    }

    @Test
    void anyLettersReachTheCommandInAnyLocale() throws Exception {
        mmard("0");
        Shell.Outcome outcome = shell.with("LC_ALL", "C").run(checkout.resolve("mmard"), "0", "Größe/学生");
        assertEquals("[0, Größe/学生]", outcome.out().lines().findFirst().orElseThrow());
    }

    @Test
    void aClosedOutputIsSaidAndFailsBeforeAnythingIsDone() throws Exception {
        Shell.Outcome outcome = shell.run("bash", "-c", "\"$0\" 0 >&-", checkout.resolve("mmard").toString());
        assertEquals(1, outcome.exit());
        assertEquals("mmard: standard output is closed\n", outcome.error());
    }

    @Test
    void onlyItsOwnOldLogsAndFoldersOfExecutorsAreRemoved() throws Exception {
        mmard("0");
        Path logs = Files.createDirectories(temporary.resolve("logs"));
        Path spark = Files.createDirectories(temporary.resolve("spark"));
        Files.createDirectories(spark.resolve("jars"));
        Files.writeString(spark.resolve("jars/spark-core_2.12-3.5.9.jar"), "");
        FileTime old = FileTime.from(Instant.now().minusSeconds(100 * 86_400L));
        Path own = Files.writeString(logs.resolve("mmard-20260101-120000-train-12.log"), "");
        Path other = Files.writeString(logs.resolve("mmard-notes.log"), "");
        Path theirs = Files.createDirectories(spark.resolve("work/app-20260101120000-0001"));
        Path ours = Files.createDirectories(checkout.resolve("target/spark-home/work/app-20260101120000-0001"));
        for (Path path : List.of(own, other, theirs, ours)) {
            Files.setLastModifiedTime(path, old);
        }
        shell.with("MMARD_LOG_DIR", logs).with("SPARK_HOME", spark).run(checkout.resolve("mmard"), "0");
        assertTrue(Files.exists(theirs) && Files.exists(other) && Files.notExists(own));
        mmard("0");
        assertTrue(Files.notExists(ours));
    }

    @Test
    void buildForGpusStaysOneUntilAnotherIsAskedFor() throws Exception {
        assertEquals(0, mmard("--cuda", "build").exit());
        assertEquals(4, mmard("4").exit());
        mmard("--cuda", "build");
        Files.delete(checkout.resolve("target/mmard-train.jar"));
        mmard("0");
        mmard("--cuda=12", "build");
        mmard("--cpu", "build");
        mmard("0");

        assertEquals(List.of("cuda", "cuda", "cuda-12", ""),
                Files.readAllLines(builds).stream().map(line -> line.contains("-P ") ? line.replaceAll(".*-P (\\S+).*", "$1") : "")
                        .toList());
    }

    @Test
    void saysWhichBuildsForGpusThereAre() throws Exception {
        Shell.Outcome unknown = mmard("--cuda=11", "build");
        assertEquals(2, unknown.exit());
        assertEquals("mmard: --cuda=11: there are --cuda (CUDA 13) and --cuda=12\n", unknown.error());
        Shell.Outcome misplaced = mmard("--cuda", "train");
        assertEquals(2, misplaced.exit());
        assertEquals("mmard: --cuda is for a build: give --cuda build\n", misplaced.error());
        assertFalse(Files.exists(builds));
    }

    @Test
    void launchesAtTheSameTimeBuildOnlyOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            File out = temporary.resolve("out" + i).toFile();
            processes.add(shell.start(out, out, checkout.resolve("mmard"), "4"));
        }
        for (Process process : processes) {
            assertEquals(4, process.waitFor());
        }
        assertEquals(1, Files.readAllLines(builds).size());
    }

    @Test
    void showsWhatMavenSaysWhenTheBuildFailsAndTriesAgainNextTime() throws Exception {
        Path good = Files.move(tools.resolve("mvn"), tools.resolve("good"));
        script(tools.resolve("mvn"), "echo '[ERROR] Main.java:[3,1] no such symbol'; exit 1");

        Shell.Outcome failed = mmard("0");

        assertEquals(1, failed.exit());
        assertTrue(failed.error().contains("[ERROR] Main.java:[3,1] no such symbol"), failed.error());

        Files.move(good, tools.resolve("mvn"), StandardCopyOption.REPLACE_EXISTING);
        assertEquals(3, mmard("3").exit());
    }

    @Test
    void givesTheDriverItsMemoryThreadsAndLogFile() throws Exception {
        shell = shell.with("MMARD_DRIVER_MEMORY", "77m").with("MMARD_LOG_DIR", temporary.resolve("my logs"));

        String out = mmard("0", "train").out();

        assertTrue(out.contains("OMP_NUM_THREADS=1\n"), out);
        assertTrue(out.contains("SPARK_HOME=" + checkout.resolve("target/spark-home") + "\n"), out);
        assertTrue(out.contains("SPARK_LOCAL_IP=127.0.0.1\n"), out);
        assertTrue(out.contains("-Xmx77m,"), out);
        assertTrue(out.contains("log=" + temporary.resolve("my logs/mmard-")), out);
    }

    @Test
    void leavesTheAddressToSparkWhenTheClusterIsElsewhere() throws Exception {
        shell = shell.with("MMARD_MASTER", "spark://10.0.0.7:7077");

        assertTrue(mmard("0").out().contains("SPARK_LOCAL_IP=null\n"));
    }

    @Test
    void refusesAnotherJavaInOneLine() throws Exception {
        Path home = temporary.resolve("jdk-11");
        script(Files.createDirectories(home.resolve("bin")).resolve("java"), "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
        shell = shell.with("JAVA_HOME", home);

        Shell.Outcome outcome = mmard("0");

        assertEquals(1, outcome.exit());
        assertEquals("mmard: JAVA_HOME=" + home + " is not a Java 17: point it at a JDK 17, or unset it\n", outcome.error());
    }

    @Test
    void saysInOneLineThatMavenIsMissing() throws Exception {
        Path bare = Files.createDirectories(temporary.resolve("bare"));
        for (String tool : List.of("bash", "dirname", "readlink", "grep", "uname", "find", "env")) {
            Path here = Stream.of("/usr/bin", "/bin").map(folder -> Path.of(folder, tool)).filter(Files::exists).findFirst().orElseThrow();
            Files.createSymbolicLink(bare.resolve(tool), here);
        }
        shell = shell.with("PATH", bare);

        Shell.Outcome outcome = mmard("0");

        assertEquals(1, outcome.exit());
        assertEquals("mmard: Maven is missing: install Maven 3.8 or newer (Debian: apt-get install maven)\n", outcome.error());
    }

    @Test
    void refusesASparkOfAnotherVersion() throws Exception {
        Path other = Files.createDirectories(temporary.resolve("spark/jars")).getParent();
        Files.createFile(other.resolve("jars/spark-core_2.13-4.0.0.jar"));
        shell = shell.with("SPARK_HOME", other);

        Shell.Outcome outcome = mmard("0");

        assertEquals(1, outcome.exit());
        assertTrue(outcome.error()
                .endsWith("mmard: SPARK_HOME=" + other + " holds no Spark 3.5 for Scala 2.12: unset it and a small one is made\n"));
    }

    @Test
    void checkCompilesInAFolderOfItsOwnAndBuildsNoJar() throws Exception {
        Path stale = Files.createDirectories(checkout.resolve("target/check/classes"));

        assertEquals(0, mmard("check").exit());

        assertEquals(List.of("-B -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -P check -f " + checkout.resolve("pom.xml") + " compile"),
                Files.readAllLines(builds));
        assertTrue(Files.notExists(stale), "what was compiled with other options is compiled anew");
        assertEquals(2, mmard("check", "-Dtest=X").exit());
    }

    @Test
    void testHandsItsArgumentsToMaven() throws Exception {
        Shell.Outcome outcome = mmard("test", "-Dtest=Some Thing*");

        assertEquals(0, outcome.exit(), outcome.error());
        List<String> calls = Files.readAllLines(builds);
        assertEquals("-B -f " + checkout.resolve("pom.xml") + " test -Dtest=Some Thing*", calls.get(1));
        assertFalse(calls.get(0).contains(" test"), "the jar is built first: the tests on a cluster submit it");
    }

    @Test
    void testOnAClusterRunsOnlyTheTestsThatAreTaggedSo() throws Exception {
        assertEquals(0, mmard("test", "--cluster", "-Dtest=Some*").exit());

        assertEquals(
                "-B -f " + checkout.resolve("pom.xml")
                        + " test -Dgroups=cluster -DexcludedGroups= -Dtest.forks=1 -P !copying-device -Dtest=Some*",
                Files.readAllLines(builds).get(1));
    }

    @Test
    void fuzzingIsItsOneTestForSoManyMinutes() throws Exception {
        assertEquals(0, mmard("test", "--fuzz", "3", "-Dmmard.fuzz.readers=lock").exit());
        assertEquals("-B -f " + checkout.resolve("pom.xml") + " test -Dtest=FuzzTest -Dmmard.fuzz.minutes=3 -Dmmard.fuzz.readers=lock",
                Files.readAllLines(builds).get(1));
        for (String minutes : new String[] {"", "0", "-Dtest=X", "1.5"}) {
            Shell.Outcome outcome = mmard("test", "--fuzz", minutes);
            assertEquals(2, outcome.exit(), minutes);
            assertTrue(outcome.error().contains("wants a number of minutes"), outcome.error());
        }
    }

    private Shell.Outcome mmard(String... arguments) throws Exception {
        return shell.run(checkout.resolve("mmard"), arguments);
    }

    private Path echoingJar() throws IOException {
        Path source = temporary.resolve("Mmard.java");
        Files.writeString(source, """
                package org.mmard.cli;
                public final class Mmard {
                    public static void main(String[] args) {
                        System.out.println(java.util.Arrays.toString(args));
                        for (String name : new String[] {"OMP_NUM_THREADS", "SPARK_HOME", "SPARK_LOCAL_IP"}) {
                            System.out.println(name + "=" + System.getenv(name));
                        }
                        System.out.println(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
                        System.out.println("log=" + System.getProperty("mmard.log"));
                        System.exit(System.getenv("ANY_COMMAND") == null ? Integer.parseInt(args[0]) : 0);
                    }
                }
                """);
        Path classes = Files.createDirectories(temporary.resolve("classes"));
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes.toString(), source.toString()));
        Path jar = temporary.resolve("echoing.jar");
        try (OutputStream file = Files.newOutputStream(jar); JarOutputStream out = new JarOutputStream(file)) {
            out.putNextEntry(new JarEntry("org/mmard/cli/Mmard.class"));
            Files.copy(classes.resolve("org/mmard/cli/Mmard.class"), out);
        }
        return jar;
    }

    private void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/usr/bin/env bash\ncd '" + checkout + "'\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void touchLater(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(1)));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                if (Files.isRegularFile(file)) {
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }
}
