package org.mmard.report;

import java.util.Locale;

/** A sign on a chart, and what it means. */
enum Sign {
    BEST("M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", "best epoch, the student of best.zip"),
    RESTART("M-5 -5H5L0 4Z", "restarted by itself after a failure"),
    RESUME("M-5 -5H5L0 4Z", "resumed by hand"),
    RESIZED("M-5 0L0 -5L5 0L0 5Z", "gone on with another number of executors"),
    SKIPPED("M-4 -4L4 4M-4 4L4 -4", "steps skipped, for their loss or gradient was not finite");

    private final String path;
    private final String meaning;

    Sign(String path, String meaning) {
        this.path = path;
        this.meaning = meaning;
    }

    /** Its class in the style sheet. */
    String kind() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its outline around the origin, in SVG's language. */
    String path() {
        return path;
    }

    String meaning() {
        return meaning;
    }
}
