package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/** Reads the section {@code grid} of a configuration file: the command line over the file over {@code grid.conf}. */
public final class GridReader {
    static final String SECTION = "grid";
    private static final String NAMES = "a list of names such as [rslad, mmard], none twice";

    /** What each run has of its own, and the keys of the grid that it follows from. */
    private static final Map<String, String> OF_EACH_RUN = new TreeMap<>(Map.of(
            "method.inner", "grid.inner or grid.cells", "method.outer", "grid.outer or grid.cells", "run.directory", "grid.directory",
            "method.name", "grid.inner and grid.outer, or grid.cells"));

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
        Config resolved = SettingsReader.resolve(uri, overrides, defaults, hadoop);
        Map<String, ConfigValue> given = SettingsReader.given(uri, overrides, defaults, hadoop);
        OF_EACH_RUN.forEach((key, instead) -> {
            if (given.containsKey(key)) {
                throw new InputError(key + " (" + given.get(key).origin().description()
                        + ") is set by the grid for each run: leave it out and use " + instead);
            }
        });
        Map<String, ConfigValue> known = SettingsReader.leaves(reference().root());
        SettingsReader.leaves(resolved.root()).forEach((key, value) -> {
            if (key.startsWith(SECTION + ".") || key.equals(SECTION)) {
                SettingsReader.requireKnown(key, value, known);
            }
        });
        SettingsReader.requireAll(known.keySet(), resolved.root());
        Keys keys = new Keys(resolved);
        Section section = Sections.read(Root.class, "", keys).grid();
        return new GridSettings(section.directory(), cells(section, keys), section.seeds(), section.attacks(), section.evaluateExamples(),
                section.checkpoint());
    }

    static Config reference() {
        return ConfigFactory.parseResources(GridReader.class, "grid.conf", ConfigParseOptions.defaults().setAllowMissing(false));
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
