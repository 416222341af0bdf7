package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScaleTest {
    @Test
    void endsAreRoundAndHoldEveryValue() {
        Scale scale = Scale.around(0.234, 0.464, 100, 0);
        assertEquals(List.of("20%", "30%", "40%", "50%"),
                scale.ticks().stream().map(value -> Quantity.SHARE.tick(value, scale.step())).toList());
        assertEquals(100, scale.at(0.2), 1e-9);
        assertEquals(0, scale.at(0.5), 1e-9);
        for (double factor : new double[] {1e-6, 0.3, 1, 7, 1e5}) {
            Scale other = Scale.around(1.1 * factor, 9.7 * factor, 0, 1);
            assertTrue(other.low() <= 1.1 * factor && other.high() >= 9.7 * factor, () -> other.toString());
            assertTrue(other.ticks().size() >= 3 && other.ticks().size() <= 7, () -> other.ticks().toString());
        }
    }

    @Test
    void oneValueAloneHasRoomAroundIt() {
        for (double value : new double[] {0.05, 0, 3}) {
            Scale scale = Scale.around(value, value, 0, 1);
            assertTrue(scale.at(value) > 0 && scale.at(value) < 1 && Double.isFinite(scale.at(value)), scale.toString());
        }
    }

    @Test
    void powersOfTenAreEquallyFarApart() {
        Scale scale = Scale.powersAround(0.001, 0.1, 0, 100);
        assertEquals(50, scale.at(0.01), 1e-9);
        assertEquals(List.of("0.001", "0.01", "0.1"), scale.ticks().stream().map(value -> Quantity.NUMBER.tick(value, value)).toList());
    }

    @Test
    void epochsAreCountedInWholeNumbers() {
        assertEquals(List.of(1.0, 2.0, 3.0), Scale.counting(1, 3, 0, 1).ticks());
        assertTrue(Stream.of(7, 40, 200)
                .allMatch(last -> Scale.counting(1, last, 0, 1).ticks().stream().allMatch(tick -> tick == Math.rint(tick))));
    }

    @Test
    void numbersAreAsLongAsTheyNeedToBe() {
        assertEquals("0.05", Quantity.NUMBER.exact(0.05));
        assertEquals("1.234", Quantity.NUMBER.exact(1.2341));
        assertEquals("261", Quantity.NUMBER.exact(261));
        assertEquals("1200", Quantity.NUMBER.exact(1200));
        assertEquals("1.5e-7", Quantity.NUMBER.exact(1.5e-7));
        assertEquals("2.5e7", Quantity.NUMBER.exact(2.5e7));
        assertEquals("46.4\u00a0%", Quantity.SHARE.exact(0.464));
    }
}
