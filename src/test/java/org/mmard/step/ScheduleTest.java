package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;

class ScheduleTest {
    private static Settings.Training training(String schedule, List<Double> milestones, List<Double> rates, double warmUp) {
        return SettingsReader.training(Map.of("training.schedule", schedule, "training.milestones", milestones.toString(), "training.rates",
                rates.toString(), "training.warm-up", Double.toString(warmUp)), "test");
    }

    @Test
    void dropsTenfoldAfterEachMilestoneOfThePublishedRecipe() {
        Schedule schedule = new Schedule(training("step", List.of(215.0, 260.0, 285.0), List.of(), 0), 391);
        assertEquals(0.1, schedule.at(0, 0), 1e-12);
        assertEquals(0.1, schedule.at(214, 390), 1e-12);
        assertEquals(0.01, schedule.at(215, 0), 1e-12);
        assertEquals(0.001, schedule.at(260, 0), 1e-12);
        assertEquals(0.0001, schedule.at(299, 390), 1e-12);
    }

    @Test
    void dropsInsideAnEpochWhereTheMilestoneIsAFraction() {
        Schedule schedule = new Schedule(training("step", List.of(1.5), List.of(), 0), 10);
        assertEquals(0.1, schedule.at(1, 4), 1e-12);
        assertEquals(0.01, schedule.at(1, 5), 1e-12);
    }

    @Test
    void interpolatesBetweenPiecewisePoints() {
        Schedule schedule = new Schedule(training("piecewise", List.of(0.0, 2.0, 4.0), List.of(0.0, 0.2, 0.0), 0), 10);
        assertEquals(0.1, schedule.at(1, 0), 1e-12);
        assertEquals(0.2, schedule.at(2, 0), 1e-12);
        assertEquals(0.05, schedule.at(3, 5), 1e-12);
        assertEquals(0.0, schedule.at(7, 0), 1e-12);
    }

    @Test
    void fallsAlongACosineToNothingAtTheEnd() {
        Schedule schedule = new Schedule(training("cosine", List.of(), List.of(), 0), 10);
        assertEquals(0.1, schedule.at(0, 0), 1e-12);
        assertEquals(0.085355339, schedule.at(75, 0), 1e-9);
        assertEquals(0.05, schedule.at(150, 0), 1e-12);
        // A twentieth of a degree times 1.2 before the end: 0.1 * (1 - cos(pi / 3000)) / 2.
        assertEquals(2.7415567e-8, schedule.at(299, 9), 1e-14);
    }

    @Test
    void warmsUpToTheFullRateByTheLastBatchOfTheWarmUp() {
        Schedule schedule = new Schedule(training("constant", List.of(), List.of(), 2), 5);
        assertEquals(0.01, schedule.at(0, 0), 1e-12);
        assertEquals(0.05, schedule.at(0, 4), 1e-12);
        assertEquals(0.1, schedule.at(1, 4), 1e-12);
        assertEquals(0.1, schedule.at(2, 0), 1e-12);
    }

    @Test
    void refusesPiecewisePointsThatDoNotPairUp() {
        assertRefused("training.milestones is []: give one epoch or more: the points of a piecewise schedule",
                training("piecewise", List.of(), List.of(), 0));
        assertRefused("training.rates is [0.1]: give one rate for each of the 2 milestones of a piecewise schedule",
                training("piecewise", List.of(0.0, 1.0), List.of(0.1), 0));
    }

    @Test
    void refusesAnUnknownNameListingWhatThereIs() {
        assertRefused("training.schedule is \"linear\": give one of constant, step, piecewise, cosine",
                training("linear", List.of(), List.of(), 0));
    }

    private static void assertRefused(String message, Settings.Training training) {
        assertEquals(message, assertThrows(InputError.class, () -> new Schedule(training, 5)).getMessage());
    }
}
