package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code reference.conf} and {@code grid.conf} say what the records of settings say. */
class ReferenceConfTest {
    private static final Path RESOURCES = Path.of("src/main/resources/org/mmard/config");

    @Test
    void isWhatTheStatementsMakeOfIt() throws IOException {
        assertAll(() -> requireSame("reference.conf", Setting.referenceConf()), () -> requireSame("grid.conf", Setting.gridConf()));
    }

    @Test
    void everyKeyIsSaidOnceWithAllThatItNeeds() {
        requireStated(Settings.class);
        requireStated(GridReader.Root.class);
    }

    @Test
    void everyUsualValueIsOneThatItsKeyTakes() {
        Keys keys = new Keys(SettingsReader.reference());
        Stream.of(Settings.Method.class, Settings.Attack.class, Settings.Training.class, Settings.Validation.class,
                Settings.Checkpoints.class, Settings.Cluster.class, Settings.Engine.class)
                .forEach(section -> Sections.read(section, section.getSimpleName().toLowerCase(Locale.ROOT) + ".", keys));
    }

    @Test
    void theTableOfTheMethodsPageHasEveryKeyWithItsUsualValue() throws IOException {
        Map<String, String> rows = new TreeMap<>();
        for (String row : Files.readString(Path.of("docs/method.md")).lines().filter(line -> line.startsWith("| `method.")).toList()) {
            String[] cells = row.split("\\|");
            Arrays.stream(cells[1].split(",")).forEach(key -> rows.put(key.strip().replace("`", ""), cells[2]));
        }
        List<Setting> stated = Setting.ofRun().stream().filter(setting -> setting.key().startsWith("method.")).toList();
        assertEquals(stated.stream().map(Setting::key).collect(Collectors.toCollection(TreeSet::new)), rows.keySet());
        stated.forEach(setting -> assertTrue(rows.get(setting.key()).contains(setting.usual()), setting + ": " + rows.get(setting.key())));
    }

    private static void requireSame(String name, String stated) throws IOException {
        Path file = RESOURCES.resolve(name);
        Path made = Files.writeString(Path.of("target").resolve(name), stated);
        assertEquals(stated, Files.readString(file), file + " is not what the records say; make it anew: cp " + made + " " + file);
    }

    private static void requireStated(Class<?> section) {
        for (RecordComponent component : section.getRecordComponents()) {
            String place = section.getSimpleName() + "." + component.getName();
            if (component.getType().isRecord()) {
                requireStated(component.getType());
                continue;
            }
            Key key = component.getAnnotation(Key.class);
            assertTrue(key != null, place + " has no @Key");
            assertFalse(key.meaning().endsWith("."), place + ": its meaning is a phrase");
            assertTrue(key.note().isEmpty() || key.note().endsWith("."), place + ": its note is a sentence");
            boolean free = component.getType() == String.class
                    || component.getType() == List.class && !component.getGenericType().getTypeName().contains("$");
            assertTrue(!free || !key.takes().isEmpty(), place + " does not say what it takes");
        }
    }
}
