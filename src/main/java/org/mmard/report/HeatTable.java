package org.mmard.report;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A table whose cells are coloured by their values.
 *
 * @param corner what rows and columns are
 * @param columns, rows their names and the cells
 */
record HeatTable(String caption, String corner, List<String> columns, List<Row> rows) {
    record Row(String name, List<Cell> cells) {}

    /**
     * @param text what it says
     * @param more a second line, or null
     * @param meaning shown when it is pointed at
     * @param heat in [0, 1]
     * @param outlined whether it stands out
     */
    record Cell(String text, @Nullable String more, String meaning, double heat, boolean outlined) {
        /** The share of colour in it, in per cent. */
        String colour() {
            return String.format(Locale.ROOT, "%.0f", 100 * heat);
        }

        /** Which text can be read on it: on the middle ones that is not the same in light and dark. */
        String strength() {
            return heat > 0.7 ? "strong" : heat > 0.52 ? "middle" : "weak";
        }
    }
}
