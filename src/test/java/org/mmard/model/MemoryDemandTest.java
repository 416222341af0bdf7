package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

class MemoryDemandTest {
    @Test
    void isThatOfTheWeightsAndOfTheWidestVertex() {
        // resnet18: 11,173,962 weights and 9,600 running statistics; an addition of three maps of 64 x 32 x 32.
        assertEquals(4.0 * (11_173_962 + 9_600 + 3 * 64 * 32 * 32),
                MemoryDemand.bytes(Architectures.of("resnet18", 10, 0), ImageShape.CIFAR));
    }

    @Test
    void aNetworkThatNoMachineHoldsIsRefusedWithBothNumbers() {
        InputError error = assertThrows(InputError.class, () -> Architectures.network("wideresnet-994-99", 10, 0));
        assertTrue(error.getMessage().matches(
                "wideresnet-994-99: one forward pass over one image needs \\d+\\.\\d GiB of memory, and this machine has \\d+\\.\\d GiB; .*"),
                error.getMessage());
    }
}
