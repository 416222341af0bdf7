package org.mmard.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Curves over epochs, or over teachers: what its template needs to draw them. All places are in the drawing's own units, which are CSS
 * pixels where the chart is as wide as its {@link #WIDTH}.
 *
 * @param id of the drawing in its page
 * @param note what else its heading says, or null
 * @param description the text alternative
 * @param right the right end of the plot
 * @param unit what the axis across counts
 */
record LineChart(String id, String title, @Nullable String note, String description, String right, String unit, List<Tick> across,
        List<Tick> up, List<Line> lines, List<Label> labels, List<Flag> flags) {
    static final int WIDTH = 360;
    private static final int HEIGHT = 210;
    private static final int LEFT = 46;
    private static final int TOP = 12;
    private static final int BOTTOM = HEIGHT - 26;
    private static final int MARGIN = 18;
    private static final double LETTER = 6.4;
    private static final double LINE_HEIGHT = 13;
    private static final int MOST_DOTS = 40;

    /**
     * @param at its place
     * @param text what stands there
     */
    record Tick(String at, String text) {}

    /**
     * @param path of the line, in SVG's language
     * @param band of the spread around it, likewise; null where there is no spread
     * @param marked the dot that stands out, or null
     */
    record Line(int style, String path, @Nullable String band, List<Dot> dots, @Nullable Dot marked) {}

    /** @param text shown when it is pointed at */
    record Dot(String x, String y, String text) {}

    record Label(int style, String x, String y, String text) {}

    /**
     * Something that happened at an epoch.
     *
     * @param text shown when it is pointed at
     */
    record Flag(Sign sign, String x, String text) {}

    /** @param x the epoch at which it happened: 3.5 is between the third and the fourth */
    record Event(Sign sign, double x, String text) {}

    /**
     * What is to be drawn.
     *
     * @param fromZero whether the axis begins at 0
     * @param labelled whether each line has its name at its end
     * @param with curves of other charts that are to be seen on the same axis
     */
    record Plan(String title, @Nullable String note, Quantity quantity, boolean fromZero, boolean logarithmic, boolean labelled,
            List<Curve> with) {}

    /**
     * The axis that runs across.
     *
     * @param unit what stands at its beginning
     * @param preposition between a value and its place
     * @param place in words: {@code epoch 3}
     * @param ticks what stands at each
     */
    private record Axis(Scale scale, String unit, String preposition, DoubleFunction<String> place, List<Tick> ticks) {
        String at(double x) {
            return LineChart.place(scale.at(x));
        }

        /** For example {@code in epoch 3}. */
        String within(double x) {
            return preposition + " " + place.apply(x);
        }
    }

    int width() {
        return WIDTH;
    }

    int height() {
        return HEIGHT;
    }

    int left() {
        return LEFT;
    }

    /** Where the unit ends: left of the first tick. */
    String unitEnd() {
        return place(LEFT - 7 - LETTER / 2 * (across.isEmpty() ? 1 : across.get(0).text.length()));
    }

    int top() {
        return TOP;
    }

    int bottom() {
        return BOTTOM;
    }

    /**
     * @param curves at least one, each with at least one point
     * @param epochs the last epoch of the axis, which goes on to the last event where that came later
     */
    static LineChart of(String id, Plan plan, List<Curve> curves, List<Event> events, int epochs) {
        boolean begins = events.stream().anyMatch(event -> event.x < 1) || epochs == 1;
        double end = events.stream().mapToDouble(Event::x).reduce(epochs == 1 ? 1.5 : epochs, Math::max);
        Scale scale = Scale.counting(begins ? 0.5 : 1, end, LEFT, right(plan, curves));
        List<Tick> ticks = scale.ticks().stream().filter(epoch -> epoch >= 1)
                .map(epoch -> new Tick(place(scale.at(epoch)), Curve.whole(epoch))).toList();
        return of(id, plan, curves, events, new Axis(scale, "epoch", "in", epoch -> "epoch " + Curve.whole(epoch), ticks));
    }

    /**
     * Curves over the accuracy of teachers.
     *
     * @param curves at least one, each with at least one point
     * @param name of the teacher at an accuracy
     */
    static LineChart overTeachers(String id, Plan plan, List<Curve> curves, DoubleFunction<String> name) {
        double[] places = curves.stream().flatMap(curve -> curve.points().stream()).mapToDouble(Curve.Point::x).sorted().toArray();
        Scale scale = Scale.around(places[0], places[places.length - 1], LEFT, right(plan, curves));
        List<Tick> ticks = scale.ticks().stream()
                .map(value -> new Tick(place(scale.at(value)), Quantity.SHARE.tick(value, scale.step()))).toList();
        return of(id, plan, curves, List.of(), new Axis(scale, "teacher", "under", name, ticks));
    }

    private static double right(Plan plan, List<Curve> curves) {
        return WIDTH - MARGIN
                - (plan.labelled ? LETTER * curves.stream().mapToInt(curve -> curve.name().length()).max().orElseThrow() : 0);
    }

    private static LineChart of(String id, Plan plan, List<Curve> curves, List<Event> events, Axis across) {
        double least = Stream.concat(curves.stream(), plan.with.stream()).mapToDouble(Curve::least).min().orElseThrow();
        double most = Stream.concat(curves.stream(), plan.with.stream()).mapToDouble(Curve::most).max().orElseThrow();
        Scale up = plan.logarithmic ? Scale.powersAround(least, most, BOTTOM, TOP)
                : Scale.around(plan.fromZero ? Math.min(0, least) : least, plan.fromZero ? Math.max(0, most) : most, BOTTOM, TOP);
        List<Line> lines = curves.stream().map(curve -> line(curve, plan.quantity, across, up)).toList();
        List<Flag> flags = events.stream().map(event -> new Flag(event.sign, across.at(event.x), event.text)).toList();
        String description = curves.stream().map(curve -> curve.sentence(plan.quantity, across::within)).collect(Collectors.joining(" "))
                + events.stream().map(event -> " " + event.text + ".").collect(Collectors.joining());
        return new LineChart(id, plan.title, plan.note, description, place(across.scale.to()), across.unit, across.ticks,
                up.ticks().stream()
                        .map(value -> new Tick(place(up.at(value)), plan.quantity.tick(value, up.logarithmic() ? value : up.step())))
                        .toList(),
                lines, plan.labelled ? labels(curves, across.scale, up) : List.of(), flags);
    }

    private static Line line(Curve curve, Quantity quantity, Axis across, Scale up) {
        List<Curve.Point> points = curve.points();
        String path = path(points.stream().map(point -> across.at(point.x()) + " " + place(up.at(point.y()))).toList());
        String band = null;
        if (curve.spreads()) {
            List<String> around =
                    new ArrayList<>(points.stream().map(point -> across.at(point.x()) + " " + place(up.at(point.high()))).toList());
            for (int i = points.size() - 1; i >= 0; i--) {
                around.add(across.at(points.get(i).x()) + " " + place(up.at(points.get(i).low())));
            }
            band = path(around) + "Z";
        }
        List<Dot> dots = points.stream().map(point -> new Dot(across.at(point.x()), place(up.at(point.y())),
                curve.name() + ", " + across.place.apply(point.x()) + ": " + quantity.exact(point.y()))).toList();
        Dot marked = null;
        for (int i = 0; i < points.size(); i++) {
            if (points.get(i).x() == curve.marked()) {
                marked = dots.get(i);
            }
        }
        return new Line(curve.style(), path, band, points.size() <= MOST_DOTS ? dots : List.of(), marked);
    }

    private static String path(List<String> places) {
        return places.stream().collect(Collectors.joining("L", "M", ""));
    }

    /** Names at the ends of the lines, moved apart where they would lie on one another. */
    private static List<Label> labels(List<Curve> curves, Scale across, Scale up) {
        List<Curve> byHeight = curves.stream().sorted(Comparator.comparingDouble(curve -> up.at(end(curve).y()))).toList();
        double[] heights = byHeight.stream().mapToDouble(curve -> up.at(end(curve).y())).toArray();
        for (int i = 1; i < heights.length; i++) {
            heights[i] = Math.max(heights[i], heights[i - 1] + LINE_HEIGHT);
        }
        for (int i = heights.length - 1; i >= 0; i--) {
            heights[i] = Math.min(heights[i], i == heights.length - 1 ? BOTTOM - 2.0 : heights[i + 1] - LINE_HEIGHT);
        }
        List<Label> labels = new ArrayList<>();
        for (int i = 0; i < heights.length; i++) {
            Curve curve = byHeight.get(i);
            labels.add(new Label(curve.style(), place(across.at(end(curve).x()) + (Double.isNaN(curve.marked()) ? 7 : 11)),
                    place(heights[i] + 4), curve.name()));
        }
        return labels;
    }

    private static Curve.Point end(Curve curve) {
        return curve.points().get(curve.points().size() - 1);
    }

    private static String place(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceFirst("\\.0$", "");
    }
}
