package org.mmard.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;

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
    private static final int LONGEST_NAME = 30;
    /** Points of one line; a chart is a quarter as wide, in its own units. */
    private static final int MOST = 4 * LineChart.WIDTH;

    /** @param low, high the spread around y, both y where there is none */
    record Point(double x, double y, double low, double high) {
        Point(double x, double y) {
            this(x, y, y, y);
        }

        /** The mean of one value or more, and their range. */
        static Point of(double x, List<Double> values) {
            return new Point(x, Group.mean(values), Collections.min(values), Collections.max(values));
        }
    }

    Curve(String name, int style, List<Point> points) {
        this(name, style, points, Double.NaN);
    }

    Curve {
        name = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "…" : name;
        points = thinned(points, marked);
    }

    /**
     * Of more points than a chart has places: of each stretch the least and the most, so that nothing that stands out is lost; both ends;
     * and the marked one.
     */
    @SuppressWarnings("ReferenceEquality") // the point itself, not another one like it
    private static List<Point> thinned(List<Point> points, double marked) {
        if (points.size() <= MOST) {
            return List.copyOf(points);
        }
        List<Point> kept = new ArrayList<>();
        int stretches = MOST / 4;
        for (int stretch = 0; stretch < stretches; stretch++) {
            List<Point> in = points.subList((int) ((long) points.size() * stretch / stretches),
                    (int) ((long) points.size() * (stretch + 1) / stretches));
            Point least = in.stream().min(Comparator.comparingDouble(Point::low)).orElseThrow();
            Point most = in.stream().max(Comparator.comparingDouble(Point::high)).orElseThrow();
            boolean first = stretch == 0;
            boolean last = stretch == stretches - 1;
            in.stream()
                    .filter(point -> point == least || point == most || point.x == marked || (first && point == in.get(0))
                            || (last && point == in.get(in.size() - 1)))
                    .forEach(kept::add);
        }
        return List.copyOf(kept);
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

    /**
     * A sentence for whoever cannot see it.
     *
     * @param at where a point lies, in words: {@code in epoch 3}
     */
    String sentence(Quantity quantity, DoubleFunction<String> at) {
        Point first = points.get(0);
        Point last = points.get(points.size() - 1);
        String path = points.size() == 1 ? quantity.exact(first.y) + " " + at.apply(first.x)
                : quantity.exact(first.y) + " " + at.apply(first.x) + ", " + quantity.exact(last.y) + " " + at.apply(last.x)
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
