package org.mmard.config;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A key that a configuration may set.
 *
 * @param key in full, such as {@code training.epochs}
 * @param explanation meaning, unit, range and what null stands for, in whole sentences, as {@code reference.conf} has it
 * @param usual its value where nobody sets it, as a configuration writes it
 * @param resume whether a resumed run may have another value, and why
 */
public record Setting(String key, String explanation, String usual, Resume resume) {
    private static final String TITLE_OF_RUN = """
            Every key of a run, with its meaning, unit, range and default. A configuration file names only what it changes.
            Real numbers may be written as fractions (8/255). null means: not set.""";
    private static final String TITLE_OF_GRID =
            "What mmard grid reads beside the keys of reference.conf, which hold for every run of the grid; "
                    + "method.name, method.inner, method.outer and run.directory follow from these keys and are refused. A cell is an inner objective "
                    + "with an outer loss.";

    /** Every key of a run, in the order of {@code reference.conf}. */
    public static List<Setting> ofRun() {
        return Sections.settings(Settings.class);
    }

    /** Every key of the section {@code grid}, in the order of {@code grid.conf}. */
    public static List<Setting> ofGrid() {
        return Sections.settings(GridReader.Root.class);
    }

    /** The text of {@code reference.conf}. */
    static String referenceConf() {
        return Sections.hocon(TITLE_OF_RUN, Settings.class);
    }

    /** The text of {@code grid.conf}. */
    static String gridConf() {
        return Sections.hocon(TITLE_OF_GRID, GridReader.Root.class);
    }

    /** The keys of a run that a resume may change. */
    public static Set<String> freeAtResume() {
        return ofRun().stream().filter(setting -> setting.resume() != Resume.FIXED).map(Setting::key)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
