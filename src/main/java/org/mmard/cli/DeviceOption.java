package org.mmard.cli;

import java.util.Locale;
import org.mmard.config.Settings;
import org.mmard.engine.Device;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that run networks without a configuration whose {@code engine.device} would say where. */
final class DeviceOption {
    /** As they are typed: picocli would list the constants of the settings' own enumeration beside their written names. */
    private enum Choice {
        auto, cpu, cuda
    }

    @Option(names = "--device", defaultValue = "auto",
            description = "Where the networks run: ${COMPLETION-CANDIDATES}, as engine.device (default: ${DEFAULT-VALUE}).")
    private Choice device;

    String name() {
        return device.name();
    }

    /** How an executor is to run networks: on one thread, in float32. */
    Settings.Engine engine() {
        return Settings.Engine.on(Settings.Engine.Device.valueOf(name().toUpperCase(Locale.ROOT)));
    }

    /**
     * Makes it the device of this process.
     *
     * @throws org.mmard.failure.InputError where it is a GPU that cannot be used
     */
    void use() {
        Device.configure(engine(), null);
    }
}
