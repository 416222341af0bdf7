package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/** Reads the section {@code grid} of a configuration file: the command line over the file over {@code grid.conf}. */
public final class GridReader {
    static final String SECTION = "grid";
    private static final String NAMES = "a list of names such as [rslad, mmard], none twice";

    private static final String A_LIST =
            "[{ name = strong, model = teacher.zip }, { name = weak, train { method.name = trades } }";
    private static final String TEACHERS = SECTION + ".teachers";
    /** What a folder may be called everywhere. */
    private static final String FILE_SAFE = "[\\w+-][\\w.+-]*";

    /** What each run has of its own, and the keys of the grid that it follows from. */
    private static final Map<String, String> OF_EACH_RUN = new TreeMap<>(Map.of(
            "method.inner", "grid.inner or grid.cells", "method.outer", "grid.outer or grid.cells", "run.directory", "grid.directory",
            "method.name", "grid.inner and grid.outer, or grid.cells"));

    /** What a teacher that is trained has from the grid. */
    private static final Map<String, String> OF_EACH_TEACHER = new TreeMap<>(Map.of(
            "run.directory", "grid.directory", "cluster.executors", "cluster.executors of the whole grid", SECTION, "the section grid"));

    /** What {@code grid.conf} is made of. */
    record Root(Section grid) {}

    /** The section as it is written: either {@code inner} and {@code outer}, or {@code cells}; the others are null. */
    record Section(
            @Key(meaning = "Hadoop URI or local path of the folder that receives one run directory per cell and seed, grid.csv and grid.json",
                    takes = "the Hadoop URI or path of the grid's folder") String directory,

            @Key(meaning = "Inner objectives, each with every outer loss: names as method.inner has them", takes = NAMES,
                    whenNull = "where cells are given") @Nullable List<String> inner,

            @Key(meaning = "Outer losses: names as method.outer has them", takes = NAMES,
                    whenNull = "where cells are given") @Nullable List<String> outer,

            @Key(meaning = "Cells one by one, [{ inner = rslad, outer = mmard }, ...], instead of inner and outer",
                    takes = "a list such as [{ inner = rslad, outer = mmard }], no cell twice, or null",
                    whenNull = "where those are given") @Nullable List<GridSettings.Cell> cells,

            @Key(meaning = "Teachers to be compared, each for one run of every cell and seed: a name with model, a file as teacher.model "
                    + "has it, or with train, the keys of the run that trains it first, which go before all others: " + A_LIST + ", ...]",
                    takes = "a list such as " + A_LIST + "], or null", whenNull = "where teacher.model is the teacher of all",
                    note = "They are evaluated as the runs are, and teacher.model follows from them. A cell that reads no teacher has one "
                            + "run for each seed.") @Nullable List<GridSettings.Teacher> teachers,

            @Key(meaning = "Seeds, each for one run of every cell: whole numbers", usual = "[1]",
                    takes = "a list of whole numbers such as [1, 2], none twice", note = "They go before run.seed.") List<Long> seeds,

            @Key(meaning = "Attacks on each run's model, as mmard evaluate --attacks has them, with the training attack's epsilon",
                    usual = "\"pgd20,cw\"", takes = "names of attacks such as \"pgd20,cw\"",
                    note = "Clean accuracy is always taken.") String attacks,

            @Key(meaning = "Only the first so many test images", usual = "0", whenZero = "for all") int evaluateExamples,

            @Key(meaning = "Which model of a run is evaluated", usual = "best") GridSettings.Checkpoint checkpoint) {}

    private GridReader() {}

    /**
     * @param uri local path or Hadoop URI
     * @param overrides values by key that go before the file's
     * @throws InputError for the first mistake found in the section, or a key that the grid sets for each run; the other keys are for
     *     {@link SettingsReader#readRunOfGrid}
     */
    public static GridSettings read(String uri, Map<String, String> overrides, Configuration hadoop) {
        Config defaults = reference().withFallback(SettingsReader.reference());
        Config resolved = SettingsReader.resolve(uri, ConfigFactory.empty(), overrides, defaults, hadoop);
        Map<String, ConfigValue> given = SettingsReader.given(uri, overrides, defaults, hadoop);
        OF_EACH_RUN.forEach((key, instead) -> requireLeftOut(given, key, instead));
        Map<String, ConfigValue> known = SettingsReader.leaves(reference().root());
        SettingsReader.leaves(resolved.root()).forEach((key, value) -> {
            if (key.startsWith(SECTION + ".") || key.equals(SECTION)) {
                SettingsReader.requireKnown(key, value, known);
            }
        });
        SettingsReader.requireAll(known.keySet(), resolved.root());
        Keys keys = new Keys(resolved);
        Section section = Sections.read(Root.class, "", keys).grid();
        List<GridSettings.Teacher> teachers = section.teachers() == null ? List.of() : section.teachers();
        if (!teachers.isEmpty()) {
            requireLeftOut(given, "teacher.model", TEACHERS);
        }
        requireTeachers(teachers, keys);
        return new GridSettings(section.directory(), cells(section, keys), teachers, section.seeds(), section.attacks(),
                section.evaluateExamples(), section.checkpoint());
    }

    static Config reference() {
        return ConfigFactory.parseResources(GridReader.class, "grid.conf", ConfigParseOptions.defaults().setAllowMissing(false));
    }

    private static void requireLeftOut(Map<String, ConfigValue> given, String key, String instead) {
        if (given.containsKey(key)) {
            throw new InputError(key + " (" + given.get(key).origin().description()
                    + ") is set by the grid for each run: leave it out and use " + instead);
        }
    }

    private static void requireTeachers(List<GridSettings.Teacher> teachers, Keys keys) {
        Set<String> names = new HashSet<>();
        for (GridSettings.Teacher teacher : teachers) {
            if (!teacher.name().matches(FILE_SAFE) || !names.add(teacher.name())) {
                throw keys.refusal(TEACHERS, "each teacher a name of its own, made of letters, digits, -, _, + and .");
            }
            if ((teacher.model() == null) == (teacher.train() == null)) {
                throw keys.refusal(TEACHERS,
                        teacher.name() + " either model, its file, or train, the keys of the run that trains it, as in " + A_LIST
                                + "]");
            }
            if (teacher.train() != null) {
                Map<String, ConfigValue> own = new TreeMap<>(SettingsReader.leaves(teacher.train().root()));
                own.putAll(teacher.train().root());
                OF_EACH_TEACHER.forEach((key, instead) -> requireLeftOut(own, key, instead));
            }
        }
    }

    private static List<GridSettings.Cell> cells(Section section, Keys keys) {
        List<String> inner = section.inner();
        List<String> outer = section.outer();
        if (section.cells() != null) {
            if (inner != null || outer != null) {
                throw keys.refusal(inner != null ? "grid.inner" : "grid.outer", "null, as grid.cells lists the cells one by one");
            }
            return section.cells();
        }
        if (inner == null || outer == null) {
            throw keys.refusal(inner == null ? "grid.inner" : "grid.outer", NAMES + ", or grid.cells instead");
        }
        return inner.stream().flatMap(one -> outer.stream().map(other -> new GridSettings.Cell(one, other))).toList();
    }
}
