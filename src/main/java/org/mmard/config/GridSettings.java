package org.mmard.config;

import java.util.List;

/**
 * Which runs make up a grid, and how their models are compared. {@code grid.conf} documents each key with its default.
 *
 * @param directory Hadoop URI of the folder of all runs
 * @param cells at least one, none twice
 * @param seeds at least one, none twice
 * @param attacks comma-separated names
 * @param evaluateExamples the first so many test images, 0 for all
 */
public record GridSettings(
        String directory, List<Cell> cells, List<Long> seeds, String attacks, int evaluateExamples, Checkpoint checkpoint) {
    public GridSettings {
        cells = List.copyOf(cells);
        seeds = List.copyOf(seeds);
    }

    /** An inner objective with an outer loss, by their names. */
    public record Cell(String inner, String outer) {}

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
