package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineChartTest {
    private static LineChart chart(int epochs, double... events) {
        Curve curve =
                new Curve("loss", 0, IntStream.rangeClosed(1, epochs).mapToObj(epoch -> new Curve.Point(epoch, 1.0 / epoch)).toList());
        return LineChart.of("chart", new LineChart.Plan("Loss", null, Quantity.NUMBER, true, false, false, List.of()), List.of(curve),
                IntStream.range(0, events.length).mapToObj(i -> new LineChart.Event(Sign.RESUME, events[i], "Resumed")).toList(), epochs);
    }

    private static double last(LineChart chart) {
        List<LineChart.Dot> dots = chart.lines().get(0).dots();
        return Double.parseDouble(dots.get(dots.size() - 1).x());
    }

    @Test
    void whatHappensAfterTheLastFinishedEpochIsOnThePicture() {
        for (int epochs : new int[] {1, 2, 30}) {
            LineChart chart = chart(epochs, 0.5, epochs + 0.5);
            List<Double> places = chart.flags().stream().map(flag -> Double.parseDouble(flag.x())).toList();
            assertEquals(chart.left(), places.get(0), 0.1);
            assertEquals(Double.parseDouble(chart.right()), places.get(1), 0.1);
            assertTrue(last(chart) < places.get(1), epochs + " epochs");
        }
    }

    @Test
    void theLastEpochIsTheEndWhereNothingCameAfterIt() {
        LineChart chart = chart(5, 2.5);
        assertEquals(Double.parseDouble(chart.right()), last(chart), 0.1);
    }
}
