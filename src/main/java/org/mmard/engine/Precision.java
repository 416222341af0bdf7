package org.mmard.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mmard.config.Settings;

/** The floating-point format in which a frozen network computes. */
public enum Precision {
    FLOAT32,
    /** Eight significant bits, the range of float32. Convolutions run so; the global mean, the dense layer and the logits are float32. */
    BFLOAT16;

    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
    private static final String MATRIX_UNIT = "amx_bf16";

    /**
     * What {@code engine.attack-precision} means on this machine.
     *
     * @param setting float32, bfloat16, or auto: bfloat16 where the device of this process has a matrix unit for it (Intel's AMX; GPUs from
     *     compute capability 8.0), float32 elsewhere, since without that unit bfloat16 is the slower one
     */
    public static Precision of(Settings.Engine.AttackPrecision setting) {
        return switch (setting) {
            case AUTO -> Device.current().prefersBfloat16() ? BFLOAT16 : FLOAT32;
            case FLOAT32 -> FLOAT32;
            case BFLOAT16 -> BFLOAT16;
        };
    }

    static boolean processorHasMatrixUnit() {
        try {
            return Files.exists(PROCESSOR) && Files.readString(PROCESSOR).contains(MATRIX_UNIT);
        } catch (IOException e) {
            return false;
        }
    }
}
