package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/** Configurations from strangers: each is accepted, or refused in one line, at once. */
@Timeout(60)
class HostileHoconTest {
    private static final String NEEDED = "run.directory = runs/one, data.uri = /data\n";

    @TempDir
    Path folder;

    @Test
    void nothingIsFetchedAndNothingReadOutsideOfTheFolder() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            calls.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/evil.conf";
            refused("include url(\"" + url + "\")", "include url");
            refused("include required(url(\"" + url + "\"))", "include url");
            refused("include \"" + url + "\"", url);
            refused("include classpath(\"reference.conf\")", "include classpath");
            refused("include classpath(\"org/mmard/config/grid.conf\")", "include classpath");
            refuse(Map.of("training.milestones", "[1]\ninclude url(\"" + url + "\")"));
            stored(NEEDED + "include url(\"" + url + "\")", "include url");
            assertEquals(0, calls.get());
        } finally {
            server.stop(0);
        }
        Path outside = Files.writeString(folder.resolve("outside.conf"), "training.epochs = 5");
        for (String include : new String[] {"\"../outside.conf\"", "file(\"" + outside + "\")", "\"deeper/../../outside.conf\"",
            "\"/etc/passwd\""}) {
            refused("include " + include, "leads out of the configuration's folder");
        }
        Files.createSymbolicLink(Files.createDirectories(folder.resolve("conf")).resolve("link.conf"), outside);
        refused("include \"link.conf\"", "leads out of the configuration's folder");
        Files.writeString(folder.resolve("conf/base.conf"), "training.epochs = 5");
        assertEquals(5, read(NEEDED + "include \"" + folder.resolve("conf/base.conf") + "\"").training().epochs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a=", "a.", "\"a\".", "[{a=[", "a .", "[\"{\","})
    void depthIsBounded(String level) throws IOException {
        for (int times : new int[] {100, 5_000, 60_000}) {
            refused("training.milestones = " + level.repeat(times), "");
            refused(level.repeat(times) + "a = 1", "");
            refuse(Map.of("training.milestones", "[" + level.repeat(times)));
        }
    }

    @Test
    void bracketsInTextAndCommentsAreNoDepth() throws IOException {
        String brackets = "[{".repeat(100);
        assertEquals("/" + brackets + "\"",
                read("# " + brackets + "\n// " + brackets + "\nrun.directory = runs/one\ndata.uri = \"/" + brackets + "\\\"\"").data()
                        .uri());
        assertEquals(brackets + "\"", read("run.directory = runs/one\ndata.uri = \"\"\"" + brackets + "\"\"\"\"").data().uri());
    }

    /** Looking for the closing brace behind each of them took hours. */
    @Test
    @Timeout(60)
    void openingBracesThatNothingClosesTakeNoTime() throws IOException {
        String open = "${".repeat(120_000);
        assertEquals(open, read("run.directory = runs/one\ndata.uri = \"" + open + "\"").data().uri());
    }

    /** The library takes the cube of the first, the square of the second, and of what is included as often as it is. */
    @Test
    @Timeout(60)
    void whatIsSetOverSubstitutionsTooOftenIsRefused() throws IOException {
        refused("training.milestones = ${?run}\n".repeat(2_000), ": 102: more than 100 substitutions with what it includes");
        refused("a = ${?q}\n" + "a{}\n".repeat(60_000), "more than 2000 values");
        stored(NEEDED + "a{}\n".repeat(60_000), "more than 2000 values");
        Files.writeString(Files.createDirectories(folder.resolve("conf")).resolve("base.conf"),
                "training.milestones = ${?run}\n".repeat(42));
        refused("method { include \"base.conf\" }\n".repeat(42), "base.conf: 17: more than 100 substitutions with what it includes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"training = ge-4\ntraining { epochs = 3 }", "training = null\ntraining.epochs = 3",
        "method.triangle = [1]\nmethod.triangle { smoothing = 1e-4 }"})
    void aSectionThatWasSomethingElseHasLostItsDefaultsAndIsRefused(String content) throws IOException {
        refused(content, "was no section for a while");
    }

    @Test
    void substitutionsThatGrowAreRefused() throws IOException {
        String laughs =
                IntStream.range(1, 40).mapToObj(i -> "a" + i + " = ${a" + (i - 1) + "}${a" + (i - 1) + "}\n").collect(Collectors.joining());
        refused("a0 = xxxxxxxxxx\n" + laughs, "its substitutions name one another so often");
        refused("a0 = [1, 2]\n" + laughs, "its substitutions name one another so often");
        refused("a0 = { x = 1 }\n" + laughs.replaceAll("= (\\S+})(\\$\\S+)", "= { l = $1, r = $2 }"),
                "its substitutions name one another so often");
        refused("a = xx\n" + "a = ${a}${a}\n".repeat(40), "some of which name themselves");
        refused("b = ${c}, c = ${b}", "");
        refused("a0 = 1\n" + IntStream.range(1, 5000).mapToObj(i -> "a" + i + " = ${a" + (i - 1) + "}\n").collect(Collectors.joining()),
                "");
        assertEquals(2, read(NEEDED + "training.milestones = [1]\ntraining.milestones += 2").training().milestones().size());
        assertEquals("/a/b/b/c",
                read("run.directory = /r, method.name = b, data.uri = /a, data.uri = ${data.uri}/${method.name}/${method.name}/c").data()
                        .uri());
    }

    @Test
    void ofTheEnvironmentOnlyWhatIsMeantForUsIsRead() throws IOException {
        String foreign = System.getenv().keySet().stream().filter(name -> name.matches("[A-Z]\\w*") && !name.startsWith("MMARD_"))
                .filter(name -> !name.matches("HOME|USER|LOGNAME|PWD|TMPDIR|HOSTNAME")).findFirst().orElseThrow();
        for (String reference : new String[] {"${" + foreign + "}", "${?" + foreign + "}", "a${" + foreign + "}b",
            "[${" + foreign + "}]"}) {
            String line = refused("student.architecture = " + reference, "of the environment, a configuration may read");
            assertFalse(line.contains(System.getenv(foreign)) && System.getenv(foreign).length() > 3, line);
        }
        assertEquals(System.getenv("HOME") + "/runs", read("data.uri = /d, run.directory = ${HOME}/runs").run().directory());
    }

    @Test
    void aStoredConfigurationIsData() throws IOException {
        stored(NEEDED + "include \"base.conf\"", "is refused: nothing is included here");
        stored(NEEDED + "data.uri = ${HOME}", "names a value by ${...}");
        stored(NEEDED + "training.epochs = ${training.batch}", "names a value by ${...}");
        stored(NEEDED + "data.uri = ${?NOBODY}", "names a value by ${...}");
        stored("[".repeat(1000), "levels deep");
        stored(NEEDED + "training.epochs = null", "training.epochs");
        ResolvedSettings settings =
                SettingsReader.readStored((NEEDED + "training.epochs = 7").getBytes(StandardCharsets.UTF_8), "run.conf");
        assertEquals(7, settings.settings().training().epochs());
        assertEquals(settings.settings(),
                SettingsReader.readStored(settings.rendered().getBytes(StandardCharsets.UTF_8), "run.conf").settings());
    }

    @Test
    void filesThatAreNoneAreNotWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe.conf");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertTrue(assertThrows(InputError.class, () -> SettingsReader.read(pipe.toString(), Map.of(), new Configuration())).getMessage()
                .contains("a FIFO, socket or device, where a file is wanted"));
        Path large = Files.writeString(folder.resolve("large.conf"), "#".repeat(1 << 20));
        assertTrue(assertThrows(InputError.class, () -> SettingsReader.read(large.toString(), Map.of(), new Configuration())).getMessage()
                .contains("larger than 256 KiB"));
        for (int i = 0; i < 15; i++) {
            String many = IntStream.range(0, 10).mapToObj(n -> "include \"" + "all.conf" + "\"\n").collect(Collectors.joining());
            Files.writeString(Files.createDirectories(folder.resolve("conf")).resolve("all.conf"), many);
        }
        refused("include \"all.conf\"", "");
    }

    @Test
    void valuesOfAnyLengthAreOneLine() throws IOException {
        refused("training.epochs = \"" + "9".repeat(200_000) + "\"", "training.epochs is");
        refused("training.learning-rate = \"" + "9".repeat(200_000) + "x\"", "training.learning-rate is");
        refused("training." + "x".repeat(200_000) + " = 1", "is not a key");
        refused("student.architecture = \"a\\nb\", training.momentum = 1e999", "training.momentum");
    }

    @Test
    void windowsUnicodeIsReadToo() throws IOException {
        for (var charset : new java.nio.charset.Charset[] {StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE, StandardCharsets.UTF_8}) {
            Path file = Files.write(folder.resolve("run.conf"), ("\ufeff" + NEEDED + "training.epochs = 7").getBytes(charset));
            assertEquals(7, SettingsReader.read(file.toString(), Map.of(), new Configuration()).settings().training().epochs());
        }
    }

    private Settings read(String text) throws IOException {
        Path file = Files.writeString(Files.createDirectories(folder.resolve("conf")).resolve("run.conf"), text);
        return SettingsReader.read(file.toString(), Map.of(), new Configuration()).settings();
    }

    private String refused(String text, String saying) {
        return one(assertThrows(InputError.class, () -> read(NEEDED + text)), saying);
    }

    private void refuse(Map<String, String> overrides) throws IOException {
        read(NEEDED);
        one(assertThrows(InputError.class,
                () -> SettingsReader.read(folder.resolve("conf/run.conf").toString(), overrides, new Configuration())), "");
    }

    private static void stored(String text, String saying) {
        one(assertThrows(InputError.class, () -> SettingsReader.readStored(text.getBytes(StandardCharsets.UTF_8), "run.conf")), saying);
    }

    private static String one(InputError error, String saying) {
        assertTrue(error.getMessage().contains(saying), Printable.line(error.getMessage()));
        assertTrue(error.getMessage().length() < 5000 && error.getMessage().lines().count() == 1,
                error.getMessage().length() + " characters");
        return error.getMessage();
    }
}
