package org.mmard.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

class RegistryTest {
    /** A kind. */
    public interface Colour extends Named {}

    /** Comes from a jar beside ours. */
    public static final class Green implements Colour {
        @Override
        public String name() {
            return "green";
        }
    }

    /** Has no name. */
    public static final class Nameless implements Colour {
        @Override
        public String name() {
            return null;
        }
    }

    private record BuiltIn(String name) implements Colour {}

    @TempDir
    private Path jar;

    private final Registry<Colour> registry = new Registry<>(Colour.class, "colour", List.of(new BuiltIn("red"), new BuiltIn("blue")));

    @Test
    void builtInThingsComeFirstAndThoseOfOtherJarsAfterThem() throws Exception {
        beside("org.mmard.registry.RegistryTest$Green", () -> {
            assertEquals("red, blue, green", registry.names());
            assertTrue(registry.find("green").isPresent());
            return null;
        });
        assertEquals("red, blue", registry.names());
        assertTrue(registry.find("green").isEmpty());
    }

    @Test
    void aServiceThatIsNotThereIsTheUsersMistake() throws Exception {
        beside("org.example.Missing", () -> {
            InputError refused = assertThrows(InputError.class, registry::all);
            assertTrue(refused.getMessage().contains("org.example.Missing"), refused.getMessage());
            return null;
        });
    }

    @Test
    void aNameThatIsTakenIsRefusedWithBothClasses() throws Exception {
        Registry<Colour> other = new Registry<>(Colour.class, "colour", List.of(new BuiltIn("green")));
        beside("org.mmard.registry.RegistryTest$Green", () -> {
            InputError refused = assertThrows(InputError.class, other::all);
            assertTrue(refused.getMessage().startsWith("two classes bring the colour 'green': "), refused.getMessage());
            assertTrue(refused.getMessage().contains("RegistryTest$Green"), refused.getMessage());
            return null;
        });
    }

    @Test
    void whatHasNoNameIsRefused() throws Exception {
        beside("org.mmard.registry.RegistryTest$Nameless", () -> {
            assertTrue(assertThrows(NullPointerException.class, registry::all).getMessage().contains("no name"));
            return null;
        });
    }

    /** Runs something with a jar on the class path that names a service. */
    private void beside(String service, Callable<Void> what) throws Exception {
        write(service);
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            what.call();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private void write(String service) throws IOException {
        Path services = Files.createDirectories(jar.resolve("META-INF/services"));
        Files.writeString(services.resolve(Colour.class.getName()), service + "\n");
    }
}
