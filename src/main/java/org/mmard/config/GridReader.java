package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;

/** Reads the section {@code grid} of a configuration file: the command line over the file over {@code grid.conf}. */
public final class GridReader {
    static final String SECTION = "grid";
    private static final String CELLS = "grid.cells";
    private static final String CELL_LIST = "a list such as [{ inner = rslad, outer = mmard }], no cell twice, or null";
    private static final String NAMES = "a list of names such as [rslad, mmard], none twice";

    /** What each run has of its own, and the keys of the grid that it follows from. */
    private static final Map<String, String> OF_EACH_RUN = new TreeMap<>(Map.of(
            "method.inner", "grid.inner or grid.cells", "method.outer", "grid.outer or grid.cells", "run.directory", "grid.directory",
            "method.name", "grid.inner and grid.outer, or grid.cells"));

    private GridReader() {}

    /**
     * @param uri local path or Hadoop URI; @param overrides values by key that go before the file's
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
        return new GridSettings(keys.text("grid.directory", "the Hadoop URI or path of the grid's folder"), cells(keys),
                keys.wholes("grid.seeds", "a list of whole numbers such as [1, 2], none twice"),
                keys.text("grid.attacks", "names of attacks such as \"pgd20,cw\""),
                keys.count("grid.evaluate-examples", 0), keys.choice("grid.checkpoint", "best", "last"));
    }

    static Config reference() {
        return ConfigFactory.parseResources(GridReader.class, "grid.conf", ConfigParseOptions.defaults().setAllowMissing(false));
    }

    private static List<GridSettings.Cell> cells(Keys keys) {
        List<String> inner = keys.optionalTexts("grid.inner", NAMES);
        List<String> outer = keys.optionalTexts("grid.outer", NAMES);
        if (keys.value(CELLS).valueType() != ConfigValueType.NULL) {
            if (inner != null || outer != null) {
                throw keys.refusal(inner != null ? "grid.inner" : "grid.outer", "null, as " + CELLS + " lists the cells one by one");
            }
            return listed(keys);
        }
        if (inner == null || outer == null) {
            throw keys.refusal(inner == null ? "grid.inner" : "grid.outer", NAMES + ", or " + CELLS + " instead");
        }
        return inner.stream().flatMap(one -> outer.stream().map(other -> new GridSettings.Cell(one, other))).toList();
    }

    private static List<GridSettings.Cell> listed(Keys keys) {
        List<GridSettings.Cell> cells = new ArrayList<>();
        for (ConfigValue element : keys.elements(CELLS, CELL_LIST)) {
            if (!(element instanceof ConfigObject cell) || !cell.keySet().equals(Set.of("inner", "outer"))
                    || !cell.values().stream().allMatch(name -> name.valueType() == ConfigValueType.STRING)) {
                throw keys.refusal(CELLS, CELL_LIST);
            }
            cells.add(new GridSettings.Cell(cell.get("inner").unwrapped().toString(), cell.get("outer").unwrapped().toString()));
        }
        if (cells.size() != Set.copyOf(cells).size()) {
            throw keys.refusal(CELLS, CELL_LIST);
        }
        return cells;
    }
}
