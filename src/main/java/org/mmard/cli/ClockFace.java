package org.mmard.cli;

import java.util.Locale;

/** Durations as every display here writes them. */
final class ClockFace {
    private ClockFace() {}

    /** Hours, minutes and seconds, such as {@code 0:04:12}. */
    static String of(long seconds) {
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
