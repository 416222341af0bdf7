package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mmard.run.EpochMetrics;
import org.mmard.run.EpochReport;
import org.mmard.run.ValidationAccuracy;

class TrainingDisplayTest {
    private final Locale before = Locale.getDefault();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    private Instant now = Instant.EPOCH;

    @BeforeEach
    void aLocaleThatWritesCommasAndOtherDigits() {
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    }

    @AfterEach
    void restoreLocale() {
        Locale.setDefault(before);
    }

    @Test
    void plainLinesComeAtMostEveryTenSeconds() {
        PlainDisplay display = plain();
        display.epochStarts(3);
        for (int step = 1; step <= 100; step++) {
            now = now.plusMillis(250);
            display.step(step, 100, 1.25);
        }
        display.stepsEnd();
        assertEquals(List.of(
                "epoch  3/30  step  40/100  loss 1.2500    512 images/s  left 0:11:30",
                "epoch  3/30  step  80/100  loss 1.2500    512 images/s  left 0:11:20"), lines());
    }

    @Test
    void anEpochEndsInOneLineWithUnits() {
        PlainDisplay display = plain();
        display.epochEnds(metrics(new ValidationAccuracy(0.5, 0.3333, 100), true));
        display.epochEnds(metrics(null, false));
        display.epochEnds(metrics(null, false, 1));
        display.epochEnds(metrics(null, false, 2));
        assertEquals(List.of(
                "epoch  3/30   loss  1.2346   train  61.0/ 42.0 %   validation  50.0/ 33.3 %   rate 0.01000      412 images/s      62 s   best",
                "epoch  3/30   loss  1.2346   train  61.0/ 42.0 %   validation     -           rate 0.01000      412 images/s      62 s",
                "epoch  3/30   loss  1.2346   train  61.0/ 42.0 %   validation     -           rate 0.01000      412 images/s      62 s"
                        + "   1 step skipped",
                "epoch  3/30   loss  1.2346   train  61.0/ 42.0 %   validation     -           rate 0.01000      412 images/s      62 s"
                        + "   2 steps skipped"),
                lines());
    }

    @Test
    void anAccuracyThatWasNotMeasuredIsADash() {
        PlainDisplay display = plain();
        display.epochEnds(new EpochMetrics(3, 300, new EpochReport(1.23456, Map.of(), Double.NaN, 0.42, 25544, 62, 0, Map.of()), 0.01, null,
                false, Instant.EPOCH));
        assertTrue(lines().get(0).contains("   train     -/ 42.0 %   validation     -  "), lines().toString());
    }

    @Test
    void newsThatComesLateDoesNotTurnTheCountBack() {
        PlainDisplay display = plain();
        display.epochStarts(1);
        display.step(50, 100, 2);
        now = now.plusSeconds(10);
        display.step(49, 100, 3);
        assertTrue(lines().get(0).contains("step  50/100  loss 2.0000"), lines().toString());
    }

    @Test
    void theLiveLineIsWipedBeforeTheEpochsLine() throws InterruptedException {
        Pace pace = new Pace(() -> now, 30, 128);
        try (LiveDisplay display = new LiveDisplay(out, 30, pace, line -> {})) {
            display.epochStarts(3);
            now = now.plusSeconds(10);
            display.step(40, 100, 1.25);
            while (!text().contains("step  40/100")) {
                Thread.sleep(20);
            }
            display.stepsEnd();
            display.epochEnds(metrics(null, false));
        }
        assertTrue(text().contains("\r[==     ]  epoch  3/30  step  40/100  loss 1.2500    512 images/s  left 0:"), text());
        int summary = text().indexOf("train  61.0");
        assertFalse(text().substring(summary).contains("\r"), text());
        assertTrue(text().substring(0, summary).matches("(?s).*\r +\repoch  3/30   loss  1\\.2346   $"), text());
    }

    private PlainDisplay plain() {
        return new PlainDisplay(out, 30, new Pace(() -> now, 30, 128), () -> now, line -> {});
    }

    private static EpochMetrics metrics(ValidationAccuracy accuracy, boolean best) {
        return metrics(accuracy, best, 0);
    }

    private static EpochMetrics metrics(ValidationAccuracy accuracy, boolean best, long skipped) {
        return new EpochMetrics(3, 300, new EpochReport(1.23456, Map.of(), 0.61, 0.42, 25544, 62, skipped, Map.of()), 0.01, accuracy, best,
                Instant.EPOCH);
    }

    private String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private List<String> lines() {
        return text().lines().toList();
    }
}
