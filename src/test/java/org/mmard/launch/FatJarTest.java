package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FatJarTest {
    private static final Path JAR = Shell.CHECKOUT.resolve("target/mmard-train.jar");

    @BeforeAll
    static void needsTheJar() {
        assumeTrue(Files.exists(JAR), "target/mmard-train.jar is not built: ./mmard test builds it first");
    }

    @Test
    void bringsNoClassThatSparkBrings() throws IOException {
        Set<String> twice = new TreeSet<>();
        Set<String> ours = classes(JAR);
        try (Stream<Path> jars = Files.list(Shell.CHECKOUT.resolve("target/spark-home/jars"))) {
            for (Path jar : jars.toList()) {
                Set<String> both = classes(jar);
                both.retainAll(ours);
                twice.addAll(both);
            }
        }
        assertEquals(Set.of(), twice);
    }

    @Test
    void holdsOneSetOfNativesAndTheServicesOfAllLibraries() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            Set<String> natives = jar.stream().map(e -> e.getName()).filter(n -> n.endsWith("libnd4jcpu.so")).collect(Collectors.toSet());
            assertEquals(1, natives.size(), natives.toString());
            assertEquals(1,
                    jar.stream().filter(e -> e.getName().matches("org/bytedeco/pytorch/linux-x86_64(-gpu)?/libtorch_cpu.so")).count());
            assertNotNull(jar.getEntry("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend"));
            assertNotNull(jar.getEntry("META-INF/LICENSE"));
        }
    }

    private static Set<String> classes(Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            return jar.stream().map(e -> e.getName())
                    .filter(name -> name.endsWith(".class") && !name.endsWith("module-info.class"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
