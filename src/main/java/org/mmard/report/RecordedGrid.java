package org.mmard.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.InputError;
import org.mmard.train.RunDirectory;

/**
 * A grid as its {@code grid.json} has it: every pair of inner objective and outer loss with its seeds.
 *
 * @param directory of the grid; @param examples images that each model was evaluated on
 * @param cells in the grid's order
 */
public record RecordedGrid(RunDirectory directory, int examples, List<Cell> cells) {
    /** Name of the file in a grid's directory. */
    public static final String FILE = "grid.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param entries one per seed */
    public record Cell(String inner, String outer, List<Entry> entries) {}

    /**
     * @param folder name of the run's folder in the grid's directory
     * @param accuracies fractions, clean and by attack; none where the run failed or is still to come
     * @param failure why it failed, or null
     */
    public record Entry(long seed, String folder, Map<String, Double> accuracies, String failure) {}

    public RecordedGrid {
        cells = List.copyOf(cells);
    }

    /** @throws InputError where there is no such file, or it is damaged */
    public static RecordedGrid read(String uri, Configuration hadoop) {
        RunDirectory directory = RunDirectory.at(uri, hadoop);
        byte[] content = directory.read(FILE).orElseThrow(
                () -> new InputError(directory.uri(FILE) + ": missing; mmard grid writes it when the first run of the grid is done"));
        JsonNode json;
        try {
            json = JSON.readTree(content);
        } catch (IOException e) {
            throw new InputError(directory.uri(FILE) + ": not a grid's results: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
        List<Cell> cells = new ArrayList<>();
        for (JsonNode cell : json.path("cells")) {
            List<Entry> entries = new ArrayList<>();
            cell.path("runs").forEach(run -> entries.add(entry(run)));
            cells.add(new Cell(cell.path("inner").asText(), cell.path("outer").asText(), List.copyOf(entries)));
        }
        if (cells.isEmpty()) {
            throw new InputError(directory.uri(FILE) + ": names no cells, so it is not a grid's results");
        }
        return new RecordedGrid(directory, json.path("examples").asInt(), cells);
    }

    /**
     * The runs of its seeds, as far as they can be read: it may have been moved, or pruned.
     *
     * @param warn told, a line each, which cannot
     */
    public List<RecordedRun> runs(Configuration hadoop, Consumer<String> warn) {
        List<RecordedRun> runs = new ArrayList<>();
        for (Cell cell : cells) {
            for (Entry entry : cell.entries) {
                try {
                    runs.add(RecordedRun.read(directory.uri(entry.folder), hadoop));
                } catch (InputError e) {
                    warn.accept(e.getMessage());
                }
            }
        }
        return runs;
    }

    /** Whether a run is one of this grid's. */
    boolean has(RecordedRun run) {
        return cells.stream().flatMap(cell -> cell.entries.stream()).anyMatch(entry -> directory.uri(entry.folder).equals(run.directory().uri()));
    }

    private static Entry entry(JsonNode run) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        run.path("accuracy").fields().forEachRemaining(one -> accuracies.put(one.getKey(), one.getValue().asDouble()));
        String folder = run.path("directory").asText().replaceFirst("/+$", "").replaceFirst(".*/", "");
        return new Entry(run.path("seed").asLong(), folder, accuracies, run.path("failure").isTextual() ? run.path("failure").asText() : null);
    }
}
