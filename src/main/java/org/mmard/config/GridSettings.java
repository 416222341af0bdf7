package org.mmard.config;

import com.typesafe.config.Config;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which runs make up a grid, and how their models are compared. {@code grid.conf} documents each key with its default.
 *
 * @param directory Hadoop URI of the folder of all runs
 * @param cells at least one, none twice
 * @param teachers each for one run of every cell and seed; none where all runs learn from {@code teacher.model}
 * @param seeds at least one, none twice
 * @param attacks comma-separated names
 * @param evaluateExamples the first so many test images, 0 for all
 */
public record GridSettings(
        String directory, List<Cell> cells, List<Teacher> teachers, List<Long> seeds, String attacks, int evaluateExamples,
        Checkpoint checkpoint) {
    public GridSettings {
        cells = List.copyOf(cells);
        teachers = List.copyOf(teachers);
        seeds = List.copyOf(seeds);
    }

    /** An inner objective with an outer loss, by their names. */
    public record Cell(String inner, String outer) {}

    /**
     * A teacher that others are compared with.
     *
     * @param name that no other has, fit for the name of a folder
     * @param model URI of its file; null where the grid trains it
     * @param train keys of the run that trains it, which go before all others; null where it has a file
     */
    public record Teacher(String name, @Nullable String model, @Nullable Config train) {}

    /** Which model of a run is evaluated. */
    public enum Checkpoint {
        @Means("on its validation part")
        BEST, LAST;

        @Override
        public String toString() {
            return Sections.word(name());
        }
    }
}
