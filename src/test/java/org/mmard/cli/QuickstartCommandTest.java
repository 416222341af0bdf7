package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.files.HadoopConfiguration;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;

/** What can be known of quickstart without its minutes of training. */
class QuickstartCommandTest {
    private static final Path CONFIGURATION = Path.of("conf/quickstart.conf");

    @Test
    void eachTrainingReadsTheConfigurationThatTravelsInTheJar() throws Exception {
        try (var inJar = QuickstartCommand.class.getResourceAsStream("/conf/quickstart.conf")) {
            assertArrayEquals(Files.readAllBytes(CONFIGURATION), inJar.readAllBytes());
        }
        Path out = Path.of("somewhere");
        for (QuickstartCommand.Part part : QuickstartCommand.PARTS) {
            Map<String, String> overrides = new LinkedHashMap<>();
            part.settings(out).forEach(setting -> overrides.put(setting.split("=", 2)[0], setting.split("=", 2)[1]));
            Settings settings = SettingsReader.read(CONFIGURATION.toString(), overrides, HadoopConfiguration.load()).settings();
            assertEquals(2, settings.cluster().executors(), part.name());
            assertEquals(out.resolve(part.name()).toString(), settings.run().directory());
            assertEquals(part.teacher() != null, Methods.of(settings.method(), TrainingProgress.end(1)).needsTeacher(), part.name());
        }
    }

    @Test
    void theStudentIsSmallerThanItsTeacher() {
        long teacher = parameters(0);
        for (int i = 1; i < QuickstartCommand.PARTS.size(); i++) {
            assertTrue(parameters(i) < teacher, QuickstartCommand.PARTS.get(i).name());
        }
    }

    private static long parameters(int part) {
        return Architectures.network(QuickstartCommand.PARTS.get(part).architecture(), 10, 1).numParams();
    }
}
