package org.mmard.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.JsonFields;
import org.mmard.files.Folder;

/**
 * A grid as its {@code grid.json} has it: every pair of inner objective and outer loss with its seeds.
 *
 * @param directory of the grid
 * @param examples images that each model was evaluated on
 * @param teachers that are compared, in the grid's order; none where all cells have one
 * @param cells in the grid's order
 */
public record RecordedGrid(Folder directory, int examples, List<Teacher> teachers, List<Cell> cells) {
    /** Name of the file in a grid's directory. */
    public static final String FILE = "grid.json";

    private static final int LARGEST = 1 << 26;

    /** @param accuracies fractions, clean and by attack; none where it failed or is still to come */
    public record Teacher(String name, Map<String, Double> accuracies) {}

    /**
     * @param teacher its name; null where no teachers are compared, or the cell reads none
     * @param entries one per seed
     */
    public record Cell(String inner, String outer, @Nullable String teacher, List<Entry> entries) {
        /** What tables call it, such as {@code rslad / mmard} or {@code rslad / mmard, teacher resnet20x2}. */
        String label() {
            return inner + " / " + outer + (teacher == null ? "" : ", teacher " + teacher);
        }
    }

    /**
     * @param folder name of the run's folder in the grid's directory
     * @param accuracies fractions, clean and by attack; none where the run failed or is still to come
     * @param failure why it failed, or null
     */
    public record Entry(long seed, String folder, Map<String, Double> accuracies, @Nullable String failure) {}

    public RecordedGrid {
        teachers = List.copyOf(teachers);
        cells = List.copyOf(cells);
    }

    /** @throws InputError where there is no such file, or it is damaged */
    public static RecordedGrid read(String uri, Configuration hadoop) {
        Folder directory = Folder.at(uri, hadoop);
        byte[] content = directory.read(FILE, LARGEST).orElseThrow(
                () -> new InputError(directory.uri(FILE) + ": missing; mmard grid writes it when the first run of the grid is done"));
        JsonFields json = JsonFields.of(directory.uri(FILE) + ": not a grid's results", content);
        List<Cell> cells = json.sections("cells").stream()
                .map(cell -> new Cell(cell.text("inner"), cell.text("outer"), cell.textOrNull("teacher"),
                        cell.sections("runs").stream().map(RecordedGrid::entry).toList()))
                .toList();
        if (cells.isEmpty()) {
            throw json.refusal("cells", "one cell or more");
        }
        List<Teacher> teachers = !json.has("teachers") ? List.of()
                : json.sections("teachers").stream().map(teacher -> new Teacher(teacher.text("name"), accuracies(teacher))).toList();
        return new RecordedGrid(directory, json.count("examples", 0, Integer.MAX_VALUE), teachers, cells);
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
        return cells.stream().flatMap(cell -> cell.entries.stream())
                .anyMatch(entry -> directory.uri(entry.folder).equals(run.directory().uri()));
    }

    private static Entry entry(JsonFields run) {
        String folder = RunView.ending(run.text("directory"), 1);
        if (folder.isBlank() || folder.equals(".") || folder.equals("..") || folder.chars().anyMatch(Character::isISOControl)) {
            throw run.refusal("directory", "the folder of a run");
        }
        return new Entry(run.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE), folder, accuracies(run), run.textOrNull("failure"));
    }

    private static Map<String, Double> accuracies(JsonFields run) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        if (run.has("accuracy")) {
            JsonFields measured = run.section("accuracy");
            measured.names().forEach(name -> accuracies.put(name, measured.number(name, 0, 1)));
        }
        return accuracies;
    }
}
