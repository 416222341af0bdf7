package org.mmard.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.mmard.config.GridSettings;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingListener;

/** One run of a grid: a cell with a seed, and the settings that follow from them. */
public record GridRun(GridSettings.Cell cell, long seed, ResolvedSettings resolved) {
    /**
     * Every run of the grid, cell by cell.
     *
     * @throws InputError naming the cell, for the first whose settings have a mistake, or whose directory is another's too
     */
    static List<GridRun> all(GridSettings grid, String conf, Map<String, String> overrides, Configuration hadoop) {
        List<GridRun> runs = new ArrayList<>();
        Map<String, String> nameByFolder = new HashMap<>();
        for (GridSettings.Cell cell : grid.cells()) {
            for (long seed : grid.seeds()) {
                String folder = fileSafe(cell.inner()) + "-" + fileSafe(cell.outer()) + "-seed" + seed;
                String other = nameByFolder.putIfAbsent(folder, name(cell, seed));
                if (other != null) {
                    throw new InputError("grid: " + other + " and " + name(cell, seed) + " would share the folder " + folder
                            + "; leave one of them out");
                }
                Map<String, String> own = new LinkedHashMap<>(overrides);
                own.putAll(Map.of("method.inner", cell.inner(), "method.outer", cell.outer(), "run.seed", Long.toString(seed),
                        "run.directory", new Path(grid.directory(), folder).toString()));
                runs.add(new GridRun(cell, seed, explained(name(cell, seed), () -> SettingsReader.readRunOfGrid(conf, own, hadoop))));
            }
        }
        return runs;
    }

    /** For example {@code inner rslad, outer mmard, seed 1}. */
    public String name() {
        return name(cell, seed);
    }

    /**
     * Checks everything that this run needs.
     *
     * @throws InputError naming the run
     */
    PreparedTraining prepare(Sources sources, String command, TrainingListener listener, StopRequest stop) {
        return explained(name(), () -> PreparedTraining.of(resolved, sources, true, command, listener, stop, null));
    }

    private static String name(GridSettings.Cell cell, long seed) {
        return "inner " + cell.inner() + ", outer " + cell.outer() + ", seed " + seed;
    }

    private static <T> T explained(String name, Supplier<T> check) {
        try {
            return check.get();
        } catch (InputError e) {
            throw new InputError(name + ": " + e.getMessage(), e);
        }
    }

    private static String fileSafe(String name) {
        return name.replaceAll("\\s+", "").replaceAll("[^\\w.+-]", "_");
    }
}
