package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelsTest {
    @Test
    void whatConvolvesInThisProcessComputesRight() {
        // Loading LibTorch has left oneDNN out, where it had to.
        LibTorch.threads(1);
        for (int time = 0; time < 3; time++) {
            assertEquals(Optional.empty(), Kernels.wrong());
        }
    }
}
