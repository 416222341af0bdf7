package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.app.GridScores;
import org.mmard.app.GridTable;
import org.mmard.config.GridSettings;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

/** Reports of a real run: two epochs of a tiny student, evaluated. One of its classes has a name that would be HTML. */
class ReportCommandTest {
    private static final String CLASS = "<b onclick=\"alert(1)\">circle</b>";

    private static final String ROW = "<tr><th scope=\"row\"><span class=\"mark";

    @TempDir
    static Path shared;
    private static Path original;

    @TempDir
    Path folder;

    @BeforeAll
    static void trainAndEvaluate() throws IOException {
        Path shapes = shared.resolve("shapes");
        assertEquals(0, Outcome.of("data", "shapes", "--out", shapes.toString(), "--train", "200", "--test", "30").exit());
        Path names = shapes.resolve("batches.meta.txt");
        Files.writeString(names, Files.readString(names).replaceFirst("circle", CLASS));
        try (OutputStream out = Files.newOutputStream(shared.resolve("teacher.zip"))) {
            ModelFile.write(out, Architectures.network("cnn-4-8", 10, 1),
                    new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, IntStream.range(0, 10).mapToObj(Integer::toString).toList(), "none",
                            Map.of()),
                    Map.of());
        }
        original = shared.resolve("first & <i>last");
        Path conf = shared.resolve("run.conf");
        Files.writeString(conf, """
                run { directory = "%s", seed = 3 }
                data.uri = "%s"
                student.architecture = cnn-4-8
                teacher.model = "%s"
                method.name = mmard
                attack.steps = 1
                training { epochs = 2, batch = 32, warm-up = 0, milestones = [] }
                validation { examples = 40, steps = 1 }
                cluster.executors = 1
                """.formatted(original, shapes, shared.resolve("teacher.zip")));
        Outcome trained = Outcome.of("train", "--conf", conf.toString());
        assertEquals(0, trained.exit(), trained.err());
        Outcome evaluated = Outcome.of("evaluate", "--model", original.resolve("best.zip").toString(), "--data", shapes.toString(),
                "--attacks", "fgsm,pgd20",
                "--out", original.toString());
        assertEquals(0, evaluated.exit(), evaluated.err());
    }

    private Path run(String name) throws IOException {
        Path copy = folder.resolve(name);
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(original.relativize(file).toString()));
            }
        }
        return copy;
    }

    private static void change(Path file, String pattern, String replacement) throws IOException {
        String before = Files.readString(file);
        String after = before.replaceFirst(pattern, replacement);
        assertFalse(before.equals(after), pattern + " is not in " + before);
        Files.writeString(file, after);
    }

    private String page(String... arguments) throws IOException {
        Path out = folder.resolve("page.html");
        Outcome outcome =
                Outcome.of(Stream.concat(Stream.of("report", "--out", out.toString()), Arrays.stream(arguments)).toArray(String[]::new));
        assertEquals(0, outcome.exit(), outcome.err());
        assertEquals("written to file:" + out, outcome.out().strip());
        return Files.readString(out);
    }

    private static long count(String page, String pattern) {
        return Pattern.compile(pattern).matcher(page).results().count();
    }

    @Test
    void aBrowserShowsARunWithoutAMessageOrARequestAtAnyWidth() throws IOException {
        Path chromium = Browser.executable().orElse(null);
        Assumptions.assumeTrue(chromium != null, "no Chromium on the PATH: nobody has looked at the report");
        page(original.toString());
        Path page = folder.resolve("page.html");
        try (Browser browser = Browser.start(chromium, folder.resolve("profile"))) {
            for (int width : new int[] {1280, 390}) {
                for (boolean dark : new boolean[] {false, true}) {
                    browser.open(page, width, dark);
                    assertEquals(List.of(), browser.messages());
                    assertEquals(List.of(), browser.requests(page));
                    assertTrue(browser.evaluate("document.documentElement.scrollWidth").asInt() <= width,
                            "wider than the window of " + width);
                    assertEquals(dark ? "rgb(19, 22, 26)" : "rgb(252, 251, 248)",
                            browser.evaluate("getComputedStyle(document.body).backgroundColor").asText());
                    // Validation and training accuracy, loss, its three terms, learning rate, images a second.
                    assertEquals(8, browser.evaluate(
                            "[...document.querySelectorAll('.chart svg')].filter(svg => svg.getBoundingClientRect().width > 250).length")
                            .asInt());
                    assertEquals(36,
                            browser.evaluate(
                                    "[...document.images].filter(image => image.complete && image.naturalWidth == 32 && image.alt).length")
                                    .asInt());
                    assertEquals(0, browser.evaluate("document.querySelectorAll('[onclick], h1 i').length").asInt());
                    assertEquals("first & <i>last", browser.evaluate("document.querySelector('h1').innerText").asText());
                    // For whoever wants to look at it.
                    Files.write(Files.createDirectories(Path.of("target/report")).resolve(width + (dark ? "-dark.png" : "-light.png")),
                            browser.screenshot());
                    assertTrue(browser.evaluate("[...document.querySelectorAll('table.classes th')].map(cell => cell.innerText)").toString()
                            .contains("alert(1)"));
                }
            }
        }
    }

    @AfterEach
    void removeTheBrowsersProfile() throws IOException {
        // The browser's last processes may still write into it, which the deletion of the temporary folder would stumble over.
        Path profile = folder.resolve("profile");
        if (Files.exists(profile)) {
            try (Stream<Path> files = Files.walk(profile)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    @Test
    void namesAreTextWhereverTheyStand() throws IOException {
        String page = page(original.toString());
        assertFalse(page.contains("<b onclick") || page.contains("<i>last"), "a name became HTML");
        assertTrue(page.contains("&lt;b onclick&#x3D;&quot;alert(1)&quot;&gt;circle&lt;/b&gt;"), page);
    }

    @Test
    void everyChartTellsInWordsWhatItShows() throws IOException {
        String page = page(original.toString(), "--no-images");
        long charts = count(page, "<figure class=\"chart\">");
        assertEquals(8, charts);
        assertEquals(charts, count(page, "role=\"img\" aria-labelledby=\"run0-chart\\d-title run0-chart\\d-text\""));
        assertEquals(charts, count(page, "<desc id=\"run0-chart\\d-text\">[^<]+ in epoch 1, [^<]+ in epoch 2; lowest [^<]+\\.</desc>"));
        assertEquals(0, count(page, "<img|NaN|Infinity|\\{\\{"));
    }

    @Test
    void theSameSeedShowsTheSameImagesAndAnotherOthers() throws IOException {
        String pattern = "test image \\d+";
        String page = page(original.toString(), "--examples", "5");
        List<String> first = Pattern.compile(pattern).matcher(page).results().map(match -> match.group()).toList();
        assertEquals(5, first.size(), () -> "without images: "
                + Pattern.compile("No images: [^<]*").matcher(page).results().map(match -> match.group()).toList());
        assertEquals(first, Pattern.compile(pattern).matcher(page(original.toString(), "--examples", "5")).results()
                .map(match -> match.group()).toList());
        assertFalse(first.equals(Pattern.compile(pattern).matcher(page(original.toString(), "--examples", "5", "--seed", "1")).results()
                .map(match -> match.group()).toList()));
    }

    @Test
    void restartsResumesAndSkippedStepsAreMarkedOnEveryChart() throws IOException {
        Path run = run("marked");
        String start =
                "{\"time\":\"2026-01-01T00:00:00Z\",\"after_epoch\":1,\"host\":\"h\",\"command\":\"mmard "
                        + "train\",\"reason\":%s,\"versions\":{}}";
        change(run.resolve("provenance.json"), "\\}\\s*\\]\\s*\\}\\s*$",
                "}," + start.formatted("\"executor 1 was lost\"") + "," + start.formatted("null") + "]}");
        change(run.resolve("metrics.jsonl"), "\"skipped_steps\":0", "\"skipped_steps\":3");
        String page = page(run.toString(), "--no-images");
        assertEquals(9, count(page, "class=\"sign restart\""), "once on each chart and in the key");
        assertEquals(9, count(page, "class=\"sign resume\""));
        assertEquals(9, count(page, "class=\"sign skipped\""));
        assertEquals(8, count(page, "<title>3 steps skipped in epoch 1</title>"));
        assertTrue(page.contains("<td>restart by itself: executor 1 was lost</td>"), page);
    }

    @Test
    void aRunThatHasJustBegunHasAPageToo() throws IOException {
        Path run = run("begun");
        for (String file : List.of("metrics.jsonl", "best.zip", "last.zip", "evaluation.json")) {
            Files.delete(run.resolve(file));
        }
        String page = page(run.toString());
        assertTrue(page.contains("No epoch is finished yet."), page);
        assertTrue(page.contains("This run has not been evaluated"), page);
        assertEquals(0, count(page, "class=\"chart\"|<img"));
    }

    @Test
    void dataThatHasGoneIsToldOnThePageAndDataThatWasNamedIsNeeded() throws IOException {
        Path run = run("moved");
        change(run.resolve("run.conf"), "uri=\"[^\"]*\"", "uri=\"/nowhere\"");
        assertTrue(page(run.toString()).contains("No images: /nowhere: no such file or folder."));
        assertEquals(36, count(page(run.toString(), "--data", shared.resolve("shapes").toString()), "<img "));
        refused("/elsewhere: no such file or folder", run.toString(), "--data", "/elsewhere");
    }

    @Test
    void nothingIsFetchedFromElsewhereUnlessThatIsAskedFor() throws IOException {
        Path run = run("fetching");
        change(run.resolve("run.conf"), "uri=\"[^\"]*\"", "uri=\"hdfs://127.0.0.1:9/shapes\"");
        String page = page(run.toString());
        assertTrue(
                page.contains("No images: hdfs://127.0.0.1:9/shapes lies on another filesystem than the run, and --fetch was not given."),
                page);
        assertTrue(page(run.toString(), "--fetch").contains("No images: hdfs://127.0.0.1:9/shapes: cannot be read"));
        assertTrue(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;"), page);
        change(run.resolve("run.conf"), "uri=\"[^\"]*\"", "uri=\\${HOME}");
        refused("run.conf: names a value by ${...}", run.toString());
    }

    @Test
    void ofManyEpochsTheChartsKeepWhatStandsOut() throws IOException {
        Path run = run("long");
        String line = Files.readAllLines(run.resolve("metrics.jsonl")).get(0).replaceFirst("\"best\":true", "\"best\":false");
        StringBuilder lines = new StringBuilder();
        for (int epoch = 1; epoch <= 30_000; epoch++) {
            String best = epoch == 12_345 ? line.replaceFirst("\"best\":false", "\"best\":true") : line;
            String loss = epoch == 23_456 ? "77" : "1";
            lines.append(best.replaceFirst("\"epoch\":1", "\"epoch\":" + epoch).replaceFirst("\"loss\":[^,]*", "\"loss\":" + loss)
                    .replaceFirst("\"skipped_steps\":0", "\"skipped_steps\":1")).append('\n');
        }
        Files.writeString(run.resolve("metrics.jsonl"), lines);
        String page = page(run.toString(), "--no-images");
        assertTrue(page.length() < 2_000_000, page.length() + " characters");
        assertTrue(page.contains("highest 77."), "the highest loss is on the chart");
        assertTrue(page.contains("best epoch 12345 with"), "the best epoch is marked");
        assertTrue(page.contains("The numbers, of one epoch in 30, of the best and of the last"), "the table says what it leaves out");
        assertTrue(page.contains("<th scope=\"row\">12345 <span class=\"tag\">best</span></th>")
                && page.contains("<th scope=\"row\">30000</th>"), "the best and the last are in it");
        assertTrue(page.contains("300 steps skipped in epochs 1 to 300"), "signs stand for many");
    }

    @Test
    void partsThatAreMissingOrNullAreNamed() throws IOException {
        for (String[] damage : new String[][] {
            {"provenance.json", "(?s)^.*$", "null", "provenance.json: not a provenance file: null where a JSON object is wanted"},
            {"provenance.json", "(?s)\"data\" : \\{.*?\\}", "\"data\" : null", "data is null, where an object is wanted"},
            {"provenance.json", "\"sha256\" : \"[^\"]*\"", "\"sha256\" : 5", "data.sha256 is 5, where a text is wanted"},
            {"provenance.json", "(?s)\"versions\" : \\{.*?\\}", "\"versions\" : null", "starts[0].versions is null"},
            {"provenance.json", "\"after_epoch\" : 0", "\"after_epoch\" : -1", "starts[0].after_epoch is -1"},
            {"metrics.jsonl", "\"loss\":[^,]*", "\"loss\":1e999", "line 1 is not that of an epoch: loss is "},
            {"metrics.jsonl", "\"epoch\":1", "\"epoch\":4294967297", "epoch is 4294967297"},
            {"metrics.jsonl", "\"clean_accuracy\":[^,]*", "\"clean_accuracy\":7",
                "clean_accuracy is 7, where a number from 0 to 1 is wanted"},
            {"metrics.jsonl", "\"images\":\\d+", "\"images\":-7", "images is -7"},
            {"metrics.jsonl", "\"losses\":\\{[^}]*}", "\"losses\":null", "losses is null"},
            {"metrics.jsonl", "^.*\n", "", "epoch is 2"},
            {"evaluation.json", "\"examples\" : \\d+", "\"examples\" : 0", "examples is 0"},
            {"evaluation.json", "\"accuracy\" : [^,]*", "\"accuracy\" : \"NaN\"", "clean.accuracy is \"NaN\""},
            {"evaluation.json", "\"seconds\" : [^,}]*", "\"seconds\" : 1e400", "seconds is "},
        }) {
            Path run = run(damage[0] + Math.abs(List.of(damage).hashCode()));
            if (damage[0].equals("metrics.jsonl") && damage[1].startsWith("^")) {
                Files.writeString(run.resolve(damage[0]),
                        Files.readAllLines(run.resolve(damage[0])).get(1) + "\n" + Files.readAllLines(run.resolve(damage[0])).get(1));
            } else {
                change(run.resolve(damage[0]), damage[1], damage[2]);
            }
            refused(damage[3], run.toString(), "--no-images", "--out", folder.resolve("page.html").toString());
        }
    }

    @Test
    void anEvaluationGoesWithTheRunThatItIsOfOrStandsAlone() throws IOException {
        Path apart = Files.createDirectory(folder.resolve("apart"));
        Path run = run("without");
        Files.move(run.resolve("evaluation.json"), apart.resolve("evaluation.json"));
        String together = page(run.toString(), apart.toString(), "--no-images");
        assertTrue(together.contains("Evaluation of best.zip") && !together.contains("id=\"comparison\""), together);
        String alone = page(apart.resolve("evaluation.json").toString());
        assertTrue(alone.contains("Confusion under") && alone.contains("<h1>apart</h1>"), alone);
    }

    @Test
    void anEvaluationFromBeforeMoreEpochsIsThatOfAnEarlierStudent() throws IOException {
        String robust = "<dt>robust accuracy</dt><dd>[^<]*<small>under ";
        assertEquals(1, count(page(original.toString(), "--no-images"), robust + "(fgsm|pgd20)<"));
        Path run = run("longer");
        change(run.resolve("evaluation.json"), "\"model_sha256\" : \"\\w+\"", "\"model_sha256\" : \"" + "0".repeat(64) + "\"");
        for (boolean recorded : new boolean[] {true, false}) {
            assertEquals(!recorded, Files.notExists(run.resolve("best.zip.sha256")));
            String page = page(run.toString(), "--no-images");
            assertTrue(
                    page.contains("<h3>Evaluation of an earlier student</h3>") && page.contains("present student has not been evaluated"),
                    page);
            assertEquals(1, count(page, robust + "pgd1, validation<"));
            for (String student : List.of("best.zip", "last.zip")) {
                Files.deleteIfExists(run.resolve(student + ".sha256"));
            }
        }
        change(run.resolve("evaluation.json"), "\"model_sha256\" : \"\\w+\",", "");
        assertTrue(page(run.toString(), "--no-images").contains("Evaluation of best.zip"), "an older file, which names no model");
        Path whole = run("whole");
        for (String student : List.of("best.zip", "last.zip")) {
            Files.delete(whole.resolve(student + ".sha256"));
        }
        assertTrue(page(whole.toString(), "--no-images").contains("Evaluation of best.zip"), "computed where none was written down");
    }

    @Test
    void seedsOfOneMethodAreOneRowWithTheirSpread() throws IOException {
        Path second = run("second");
        change(second.resolve("run.conf"), "seed=\"?3\"?", "seed=4");
        Path other = run("other");
        change(other.resolve("run.conf"), "name=mmard", "name=rslad");
        String page = page(original.toString(), second.toString(), other.toString(), "--no-images");
        assertEquals(2, count(page, ROW));
        assertTrue(page.contains("mmard<small>first &amp; &lt;i&gt;last, second</small></th>"), page);
        assertEquals(3, count(page, "± 0\\.0"), "clean, fgsm and pgd20 in the table");
        assertEquals(1, count(page, "within noise"), "rslad has one seed");
        assertEquals(0, count(page(original.toString(), second.toString(), "--no-images"), "within noise"));
    }

    @Test
    void aSecondRunOfTheSameSeedIsNoSecondSeed() throws IOException {
        Path copy = run("copy");
        Path third = run("third");
        change(third.resolve("run.conf"), "seed=\"?3\"?", "seed=4");
        String page = page(original.toString(), copy.toString(), third.toString(), "--no-images");
        assertEquals(2, count(page, ROW));
        assertTrue(page.contains("mmard (copy)<small>copy</small></th>") && page.contains("&lt;i&gt;last, third</small></th>"), page);
        assertEquals(1, count(page, ROW + ".*<td class=\"number\">1</td></tr>"));
        assertEquals(1, count(page, ROW + ".*<td class=\"number\">2</td></tr>"));
    }

    @Test
    void runsOfMoreExecutorsOrAnotherSynchronisationAreAnotherRow() throws IOException {
        Path wider = run("wider");
        change(wider.resolve("run.conf"), "executors=1", "executors=2");
        change(wider.resolve("provenance.json"), "\"executors\" : 1", "\"executors\" : 2");
        Path averaged = run("averaged");
        change(averaged.resolve("run.conf"), "synchronisation=shared", "synchronisation=averaging");
        for (Path run : List.of(wider, averaged)) {
            change(run.resolve("run.conf"), "seed=\"?3\"?", "seed=4");
        }
        String page = page(original.toString(), wider.toString(), averaged.toString(), "--no-images");
        assertEquals(3, count(page, ROW));
        assertTrue(page.contains("mmard (executors 2, synchronisation shared)")
                && page.contains("mmard (executors 1, synchronisation averaging)"), page);
    }

    @Test
    void anotherNumberOfExecutorsIsMarkedOnEveryChartAndMakesAnotherRow() throws IOException {
        Path resized = run("resized");
        change(resized.resolve("run.conf"), "executors=1", "executors=2");
        change(resized.resolve("provenance.json"), "\\}\\s*\\]\\s*\\}\\s*$",
                "}, {\"time\": \"2026-01-02T03:04:05Z\", \"after_epoch\": 1, \"host\": \"h\", "
                        + "\"command\": \"c\", \"reason\": null, \"executors\": 2, \"versions\": {}}]}");
        String page = page(resized.toString(), "--no-images");
        assertEquals(9, count(page, "class=\"sign resized\""), "once on each chart and in the key");
        assertEquals(8, count(page, "<title>Resumed after epoch 1 with 2 executors in place of 1</title>"));
        assertTrue(page.contains("on each of 1, then 2 executors") && page.contains("<td>resumed with 2 executors in place of 1</td>"),
                page);
        String both = page(original.toString(), resized.toString(), "--no-images");
        assertTrue(both.contains("mmard (executors 1)") && both.contains("mmard (executors 1, then 2)"), both);
    }

    @Test
    void aGridHasItsMatrixAndWhatHasGoneIsSaid() throws IOException {
        List<GridTable.Row> rows = Stream
                .of("rslad",
                        "mmard")
                .flatMap(inner -> Stream.of("ard", "mmard").map(outer -> new GridTable.Row(new GridSettings.Cell(inner, outer), null,
                        List.of(new GridTable.Entry(1, "/somewhere/" + inner + "-" + outer,
                                new GridScores.Score(2, Map.of("clean", inner.equals("mmard") ? 0.5 : 0.25)), null)))))
                .toList();
        run("mmard-mmard");
        Files.writeString(folder.resolve("grid.json"), new GridTable(List.of("clean"), rows).json(Map.of("examples", 30)));
        Outcome outcome = Outcome.of("report", folder.toString(), "--out", folder.resolve("page.html").toString(), "--no-images");
        assertEquals(0, outcome.exit(), outcome.err());
        assertEquals(3, outcome.err().lines().filter(line -> line.contains("holds no run")).count(), outcome.err());
        String page = Files.readString(folder.resolve("page.html"));
        assertTrue(page.contains("clean, from 25.0 to 50.0 %"), page);
        assertEquals(2, count(page, "<td style=\"--share:100%\" class=\"strong outlined\" title=\"inner objective mmard"));
        assertEquals(2, count(page, "<td style=\"--share:0%\" class=\"weak\" title=\"inner objective rslad"));
    }

    @Test
    void studentsAreDrawnOverTheirTeachers() throws IOException {
        List<String> columns = List.of("clean", "pgd20");
        Map<String, Double> strengths = Map.of("weak", 0.1, "strong", 0.4);
        List<GridTable.Row> rows = new ArrayList<>();
        strengths.forEach((teacher, robust) -> rows.add(new GridTable.Row(null, teacher,
                List.of(new GridTable.Entry(0, "g/teacher-" + teacher, score(1 - robust, robust), null)))));
        strengths.forEach((teacher, robust) -> rows.add(new GridTable.Row(new GridSettings.Cell("ard", "mmard"), teacher, List.of(
                new GridTable.Entry(1, "g/1", score(0.5, robust / 2), null), new GridTable.Entry(2, "g/2", score(0.6, robust), null)))));
        rows.add(new GridTable.Row(new GridSettings.Cell("trades", "trades"), null,
                List.of(new GridTable.Entry(1, "g/3", score(0.5, 0.25), null))));
        Files.writeString(folder.resolve("grid.json"), new GridTable(columns, rows).json(Map.of("examples", 30)));
        String page = page(folder.toString(), "--no-images");
        assertEquals(1, count(page, "<h2>Student over teacher</h2>"));
        assertEquals(2, count(page, "class=\"unit\">teacher</text>"), "clean and pgd20");
        assertTrue(
                page.contains("ard / mmard: 7.5\u00a0% under teacher weak (10.0\u00a0%), 30.0\u00a0% under teacher strong (40.0\u00a0%); "
                        + "lowest 7.5\u00a0%, highest 30.0\u00a0%."),
                page);
        assertTrue(page.contains("trades, alone: 25.0\u00a0% under teacher weak (10.0\u00a0%), 25.0\u00a0% under teacher strong"), page);
        assertEquals(2, count(page, "class=\"band\""), "the range of the seeds, where there are several");
        assertTrue(page.contains("<h3>Teacher against method</h3>"), page);
        assertEquals(2, count(page, "ard / mmard, teacher (weak|strong)</th>"), "a row for each teacher");
    }

    @Test
    void aGridOfSeveralSeedsHasItsDifferences() throws IOException {
        List<GridTable.Row> rows = Stream.of("trades", "rslad").map(name -> new GridTable.Row(new GridSettings.Cell(name, name), null,
                List.of(new GridTable.Entry(1, "g/1" + name, score(name.equals("rslad") ? 0.52 : 0.5, 0.25), null),
                        new GridTable.Entry(2, "g/2" + name, score(name.equals("rslad") ? 0.64 : 0.6, 0.25), null))))
                .toList();
        Files.writeString(folder.resolve("grid.json"), new GridTable(List.of("clean", "pgd20"), rows).json(Map.of("examples", 30)));
        String page = page(folder.toString(), "--no-images");
        assertEquals(1, count(page, "<h2>Above trades / trades</h2>"));
        assertTrue(page.contains("<span>+3.0</span> <small>\u22129.7 to +15.7</small>"), page);
        // From 3 - 12.7 to 3 + 12.7 points, on a line that goes 15.7 to both sides.
        assertTrue(page.contains("<i style=\"left:19.1%;width:80.9%\"></i><b style=\"left:59.6%\"></b>"), page);
        assertTrue(page.contains("<td class=\"track\"") && !page.contains("track clear"), page);
        assertEquals(1, count(page(folder.toString(), "--no-images", "--against", "rslad/rslad"), "<h2>Above rslad / rslad</h2>"));
        Outcome refused = Outcome.of("report", folder.toString(), "--no-images", "--against", "mmard");
        assertEquals(2, refused.exit());
        assertTrue(refused.err().strip().endsWith("has no such cell; give \"trades / trades\", \"rslad / rslad\""), refused.err());
        refused("--against mmard names a cell of a grid: give a grid's directory", original.toString(), "--against", "mmard");
    }

    private static GridScores.Score score(double clean, double robust) {
        return new GridScores.Score(2, Map.of("clean", clean, "pgd20", robust));
    }

    @Test
    void mistakesAreOneLine() throws IOException {
        refused("has neither run.conf (a run) nor grid.json (a grid) nor evaluation.json (an evaluation)", folder.toString());
        refused("nothing.json: there is no such evaluation", folder.resolve("nothing.json").toString());
        refused("--examples 0: give 1 or more, or --no-images", original.toString(), "--examples", "0");
        refused("--out " + folder + ": is a folder; give the page a name, such as " + folder + "/report.html", original.toString(), "--out",
                folder.toString());
        Path nowhere = folder.resolve("no/such");
        refused("--out " + nowhere + "/page.html: there is no folder " + nowhere + "; make it", original.toString(), "--out",
                nowhere + "/page.html");
        assertTrue(Files.notExists(folder.resolve("no")));
        Path blurred = run("blurred");
        change(blurred.resolve("evaluation.json"), "\"epsilon\" : [^,]*", "\"epsilon\" : \"8 levels\"");
        refused("evaluation.json: not an evaluation: epsilon is \"8 levels\", where a number from 0 to 1 is wanted", blurred.toString(),
                "--no-images");
        Path run = run("damaged");
        change(run.resolve("metrics.jsonl"), "\"time\":\"[^\"]*\"", "\"time\":\"yesterday\"");
        refused("metrics.jsonl: line 1 is not that of an epoch", run.toString());
    }

    private static void refused(String complaint, String... arguments) {
        Outcome outcome = Outcome.of(Stream.concat(Stream.of("report"), Arrays.stream(arguments)).toArray(String[]::new));
        assertEquals(2, outcome.exit(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(complaint), outcome.err());
    }
}
