package org.mmard.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mmard.config.Settings;

/** The floating-point format in which a network's passes compute. */
public enum Precision {
    FLOAT32,
    /** Eight significant bits, the range of float32. Convolutions run so; the global mean, the dense layer and the logits are float32. */
    BFLOAT16;

    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
    /** Intel's matrix unit, and the dot products of AVX-512. */
    private static final List<String> BFLOAT16_FEATURES = List.of("amx_bf16", "avx512_bf16");

    /**
     * What {@code engine.attack-precision} means on this machine.
     *
     * @param setting float32, bfloat16, or auto: bfloat16 where the device of this process has instructions for it (AMX, AVX-512's BF16; GPUs from
     *     compute capability 8.0), float32 elsewhere, since without them bfloat16 is the slower one
     */
    public static Precision of(Settings.Engine.AttackPrecision setting) {
        return switch (setting) {
            case AUTO -> Device.current().prefersBfloat16() ? BFLOAT16 : FLOAT32;
            case FLOAT32 -> FLOAT32;
            case BFLOAT16 -> BFLOAT16;
        };
    }

    /** What {@code engine.training-precision} means. */
    public static Precision of(Settings.Engine.TrainingPrecision setting) {
        return setting == Settings.Engine.TrainingPrecision.BFLOAT16 ? BFLOAT16 : FLOAT32;
    }

    static boolean processorComputesBfloat16() {
        try {
            return Files.exists(PROCESSOR) && BFLOAT16_FEATURES.stream().anyMatch(Files.readString(PROCESSOR)::contains);
        } catch (IOException e) {
            return false;
        }
    }
}
