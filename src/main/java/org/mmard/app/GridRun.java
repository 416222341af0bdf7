package org.mmard.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.mmard.config.GridSettings;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.run.RunDirectory;
import org.mmard.run.RunLock;
import org.mmard.step.Teacher;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingListener;

/**
 * One run of a grid, and the settings that follow from it: a cell with a seed, and with a teacher where teachers are compared; or a
 * teacher.
 *
 * @param cell null for a teacher
 * @param teacher its name; null where no teachers are compared, or the cell reads none
 * @param given URI of a teacher that is only evaluated; null for whatever is trained
 * @param resolved of the run; of a teacher that is only evaluated, how that is done, and where its evaluation goes
 */
public record GridRun(GridSettings.@Nullable Cell cell, @Nullable String teacher, @Nullable String given, ResolvedSettings resolved) {
    /**
     * Every run of the grid: the teachers, then cell by cell.
     *
     * @throws InputError naming the run, for the first whose settings have a mistake, or whose directory is another's too
     */
    static List<GridRun> all(GridSettings grid, String conf, Map<String, String> overrides, Configuration hadoop) {
        List<GridRun> runs = new ArrayList<>();
        for (GridSettings.Teacher teacher : grid.teachers()) {
            Map<String, String> own = new LinkedHashMap<>(overrides);
            own.put("run.directory", folder(grid, teacher));
            runs.add(new GridRun(null, teacher.name(), teacher.model(),
                    explained(ofTeacher(teacher.name()), () -> SettingsReader.readTeacherOfGrid(conf, teacher, own, hadoop))));
        }
        for (GridSettings.Cell cell : grid.cells()) {
            for (GridSettings.@Nullable Teacher teacher : teachers(grid, cell, conf, overrides, hadoop)) {
                grid.seeds().forEach(seed -> runs.add(of(grid, cell, teacher, seed, conf, overrides, hadoop)));
            }
        }
        Map<String, GridRun> byFolder = new HashMap<>();
        for (GridRun run : runs) {
            GridRun other = byFolder.putIfAbsent(run.directory(), run);
            if (other != null) {
                throw new InputError("grid: " + other.name() + " and " + run.name() + " would share the folder "
                        + new Path(run.directory()).getName() + "; leave one of them out");
            }
        }
        if (!grid.teachers().isEmpty() && runs.stream().allMatch(run -> run.cell == null || run.teacher == null)) {
            throw new InputError("grid.teachers: no cell of the grid reads a teacher; leave them out");
        }
        return runs;
    }

    /** Whom a cell learns from, one after the other; null stands for nobody, or for the teacher of all. */
    private static List<GridSettings.@Nullable Teacher> teachers(GridSettings grid, GridSettings.Cell cell, String conf,
            Map<String, String> overrides, Configuration hadoop) {
        if (!grid.teachers().isEmpty()) {
            GridRun run = of(grid, cell, null, grid.seeds().get(0), conf, overrides, hadoop);
            if (explained(run.name(), () -> TrainingInputs.needsTeacher(run.settings()))) {
                return List.copyOf(grid.teachers());
            }
        }
        return Collections.singletonList(null);
    }

    private static GridRun of(GridSettings grid, GridSettings.Cell cell, GridSettings.@Nullable Teacher teacher, long seed, String conf,
            Map<String, String> overrides, Configuration hadoop) {
        Map<String, String> own = new LinkedHashMap<>(overrides);
        String folder =
                fileSafe(cell.inner()) + "-" + fileSafe(cell.outer()) + (teacher == null ? "" : "-" + teacher.name()) + "-seed" + seed;
        own.putAll(Map.of("method.inner", cell.inner(), "method.outer", cell.outer(), "run.seed", Long.toString(seed),
                "run.directory", new Path(grid.directory(), folder).toString()));
        if (teacher != null) {
            own.put("teacher.model", teacher.model() != null ? teacher.model()
                    : new Path(folder(grid, teacher), GridScores.model(grid.checkpoint())).toString());
        }
        String name = teacher == null ? null : teacher.name();
        return new GridRun(cell, name, null,
                explained(name(cell, name, seed), () -> SettingsReader.readRunOfGrid(conf, own, hadoop)));
    }

    private static String folder(GridSettings grid, GridSettings.Teacher teacher) {
        return new Path(grid.directory(), "teacher-" + teacher.name()).toString();
    }

    /** For example {@code inner rslad, outer mmard, seed 1}, or {@code teacher weak}. */
    public String name() {
        return cell == null ? ofTeacher(String.valueOf(teacher)) : name(cell, teacher, seed());
    }

    /** Of everything that is random in it. */
    public long seed() {
        return settings().run().seed();
    }

    /** Epochs of the whole run; 0 where nothing is trained. */
    public int epochs() {
        return given == null ? settings().training().epochs() : 0;
    }

    Settings settings() {
        return resolved.settings();
    }

    /** Where the model that counts is, once it is trained. */
    String model(GridSettings.Checkpoint checkpoint) {
        return new Path(directory(), GridScores.model(checkpoint)).toString();
    }

    /** Where it lies. */
    String directory() {
        return settings().run().directory();
    }

    /**
     * Checks everything that this run needs.
     *
     * @throws InputError naming the run
     */
    PreparedTraining prepare(Sources sources, String command, TrainingListener listener, StopRequest stop) {
        return explained(name(), () -> PreparedTraining.of(resolved, sources, true, command, listener, stop, null));
    }

    /**
     * Does something with a teacher that is only evaluated, and with its directory, which is this driver's meanwhile.
     *
     * @param tell told in one line about a directory that is another's, or does not answer
     * @throws InputError naming the teacher
     */
    <T> T evaluated(Sources sources, Consumer<String> tell, BiFunction<Teacher, RunDirectory, T> work) {
        return explained(name(), () -> {
            Teacher model = sources.teacher(Objects.requireNonNull(given));
            RunDirectory directory = RunDirectory.at(directory(), sources.hadoop());
            try (RunLock lock = directory.lock(tell)) {
                Duration patience = Duration.ofSeconds(settings().checkpoints().retryFor());
                return work.apply(model, directory.patient(patience, tell).heldBy(lock));
            }
        });
    }

    private static String ofTeacher(String teacher) {
        return "teacher " + teacher;
    }

    private static String name(GridSettings.Cell cell, @Nullable String teacher, long seed) {
        return "inner " + cell.inner() + ", outer " + cell.outer() + (teacher == null ? "" : ", " + ofTeacher(teacher)) + ", seed " + seed;
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
