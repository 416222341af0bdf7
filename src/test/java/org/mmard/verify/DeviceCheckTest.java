package org.mmard.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;

class DeviceCheckTest {
    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void deviceWithMemoryOfItsOwnDeviatesNowhere() {
        DeviceCheck check = new DeviceCheck(Device.COPYING);
        for (List<Comparison> comparisons : List.of(check.network("resnet8"), check.step("mmard"), List.of(check.autoAttack(4)))) {
            comparisons.forEach(comparison -> assertEquals(0, comparison.deviation(), comparison.toString()));
        }
    }

    @Test
    void deviationIsRelativeAndWhatIsNoNumberFails() {
        Map<String, float[]> expected = Map.of("logits", new float[] {3, 0, -4});
        assertEquals(0.02, DeviceCheck.comparison("net", "logits", expected, Map.of("logits", new float[] {3, 0.1f, -4}), 0.05).deviation(),
                1e-6);
        assertFalse(DeviceCheck.comparison("net", "logits", expected, Map.of("logits", new float[] {3, 1, -4}), 0.05).passes());
        assertFalse(DeviceCheck.comparison("net", "logits", expected, Map.of("logits", new float[] {3, Float.NaN, -4}), 0.05).passes());
    }
}
