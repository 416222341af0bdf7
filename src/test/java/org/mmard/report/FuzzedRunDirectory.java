package org.mmard.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.SettingsReader;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;
import org.mmard.run.CheckpointFiles;

/**
 * A run directory, one of whose files is changed, is missing, or is something else: what a report and {@code checkpoints list} make of it.
 */
public final class FuzzedRunDirectory implements FuzzedReader {
    private static final String PROVENANCE =
            """
            {"settings": "c1ca", "seed": 1, "data": {"uri": "/data/shapes", "sha256": "7800"}, "teacher": {"uri": "/teacher/best.zip", "sha256": "1d91"},
             "starts": [{"after_epoch": 0, "time": "2026-11-28T19:24:38.484786059Z", "host": "vm", "command": "mmard train", "reason": null, "versions": {"mmard": "1", "commit": "ef"}},
                        {"after_epoch": 1, "time": "2026-11-28T19:25:38Z", "host": "vm", "command": "mmard train", "reason": "executor 1 was lost", "versions": {}}]}""";
    private static final String EPOCH =
            """
            {"epoch":%d,"step":%d,"loss":1.18,"losses":{"KL(T(x')||S(x'))":1.14,"triangle":0.45},"train_natural_accuracy":0.15,"train_adversarial_accuracy":0.12,\
            "clean_accuracy":%s,"robust_accuracy":%3$s,"validation_examples":500,"learning_rate":0.1,"images":4500,"images_per_second":254.5,"seconds":17.6,"skipped_steps":0,\
            "executors":{"0":{"host":"vm","minibatches":35,"images":2240,"seconds":7.5}},"best":%s,"time":"2026-11-28T19:25:04.229871730Z"}""";
    static final String EVALUATION =
            """
            {"examples": 3, "classes": ["circle", "square"], "labels": [0, 1, 1], "clean": {"accuracy": 1, "correct": [1, 1, 1], "predictions": [0, 1, 1]},
             "attacks": {"pgd20": {"robust_accuracy": 0.33, "robust": [1, 0, 0], "predictions": [0, 0, 0], "seconds": 1.5,
                "stages": [{"attack": "apgd-ce", "attacked": 3, "robust_accuracy": 0.5, "seconds": 1}]}},
             "corruptions": {"data": "/data/CIFAR-10-C", "examples": 3, "severities": [1, 5], "mean_accuracy": 0.5, "mean_over": 1,
                "by_corruption": {"fog": {"accuracy": 0.5, "accuracies": [0.67, 0.33], "in_mean": true, "seconds": 1, "bytes": 92288,
                "data_sha256": ["c", "d"]}, "spatter": {"accuracy": 0.33, "accuracies": [0.33, 0.33], "in_mean": false}}},
             "warnings": ["beware"], "model": "best.zip", "model_sha256": "%s", "data_sha256": "d", "split": "test", "epsilon": 0.03, "seed": 0, "versions": {"mmard": "1"}}"""
                    .formatted("0".repeat(64));

    private static final Pattern NO_NUMBER = Pattern.compile("<td class=\"number\">(NaN|Infinity)|NaN\u00a0%| d=\"M[^\"]*(NaN|Infinity)");

    @Override
    public String name() {
        return "run-directory";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Map<String, String> files =
                new TreeMap<>(Map.of("provenance.json", PROVENANCE, "evaluation.json", EVALUATION, "run.conf", settings(folder),
                        "metrics.jsonl", EPOCH.formatted(1, 71, "0.5", "true") + "\n" + EPOCH.formatted(2, 142, "null", "false") + "\n",
                        "best.zip.sha256", "0".repeat(64) + "  best.zip\n"));
        String victim = List.copyOf(files.keySet()).get(random.nextInt(files.size()));
        String good = files.get(victim);
        if (victim.equals("metrics.jsonl")) {
            String line = good.lines().findFirst().orElseThrow();
            files.put(victim, random.nextBoolean() ? Mutations.json(line, random) + good.substring(line.length())
                    : line + "\n" + Mutations.text(good, random));
        } else {
            files.put(victim, victim.endsWith(".json") ? Mutations.json(good, random) : Mutations.text(good, random));
        }
        Files.createDirectories(folder.resolve("checkpoints"));
        Files.writeString(folder.resolve("checkpoints/epoch-0001.zip"), "zip");
        Files.writeString(folder.resolve("best.zip"), "zip");
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue().getBytes(StandardCharsets.UTF_8));
        }
        Path special = folder.resolve(victim);
        switch (random.nextInt(12)) {
            case 0 -> Files.delete(special);
            case 1 -> {
                Files.delete(special);
                Files.createDirectory(special);
            }
            case 2 -> {
                Files.delete(special);
                mkfifo(special);
            }
            default -> {}
        }
    }

    static void mkfifo(Path file) throws IOException {
        try {
            new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static String settings(Path folder) throws IOException {
        Path conf = Files.writeString(folder.resolve("seed.conf"), "run.directory = /runs/one, data.uri = /data/shapes");
        String rendered = SettingsReader.read(conf.toString(), Map.of(), new Configuration(false)).rendered();
        Files.delete(conf);
        return rendered;
    }

    @Override
    public void read(Path folder) {
        CheckpointFiles.at(folder.toString(), new Configuration(false)).list();
        page(folder);
    }

    static void page(Path place) {
        String html = Report.read(List.of(place.toString()), new Configuration(false), line -> {})
                .html(new Report.Pictures(0, 0, null, false), null, line -> {});
        // Of a number: a name may be anything.
        if (html.contains("<script") || NO_NUMBER.matcher(html).find()) {
            throw new IllegalStateException("the page shows what it must not");
        }
    }
}
