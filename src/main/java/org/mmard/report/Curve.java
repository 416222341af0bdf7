package org.mmard.report;

import java.util.List;

/**
 * One line of a chart.
 *
 * @param name what it shows, for its label and for whoever cannot see it
 * @param style number of its colour, dash and marker in the style sheet
 * @param points rising in x
 * @param marked the x of the point that stands out, or NaN
 */
record Curve(String name, int style, List<Point> points, double marked) {
    /** Number of styles that can be told apart. */
    static final int STYLES = 21;

    /** @param low, high the spread around y, both y where there is none */
    record Point(double x, double y, double low, double high) {
        Point(double x, double y) {
            this(x, y, y, y);
        }
    }

    Curve(String name, int style, List<Point> points) {
        this(name, style, points, Double.NaN);
    }

    Curve {
        points = List.copyOf(points);
    }

    double least() {
        return points.stream().mapToDouble(Point::low).min().orElse(Double.NaN);
    }

    double most() {
        return points.stream().mapToDouble(Point::high).max().orElse(Double.NaN);
    }

    boolean spreads() {
        return points.stream().anyMatch(point -> point.high > point.low);
    }

    /** A sentence for whoever cannot see it. */
    String sentence(Quantity quantity) {
        Point first = points.get(0);
        Point last = points.get(points.size() - 1);
        String path = points.size() == 1 ? quantity.exact(first.y) + " in epoch " + whole(first.x)
                : quantity.exact(first.y) + " in epoch " + whole(first.x) + ", " + quantity.exact(last.y) + " in epoch " + whole(last.x)
                        + "; lowest " + quantity.exact(points.stream().mapToDouble(Point::y).min().orElseThrow())
                        + ", highest " + quantity.exact(points.stream().mapToDouble(Point::y).max().orElseThrow());
        String best = points.stream().filter(point -> point.x == marked).findFirst()
                .map(point -> "; best epoch " + whole(point.x) + " with " + quantity.exact(point.y)).orElse("");
        return name + ": " + path + best + ".";
    }

    static String whole(double x) {
        return Long.toString(Math.round(x));
    }
}
