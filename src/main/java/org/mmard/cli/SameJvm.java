package org.mmard.cli;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts another JVM like this one: the same options, classes and Spark settings. */
final class SameJvm {
    private SameJvm() {}

    /** @param arguments of mmard */
    static ProcessBuilder command(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // What spark-submit was told stands in system properties, not among the JVM's arguments.
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("spark.")).sorted()
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", classPath(), Mmard.class.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** spark-submit loads our jar by a class loader of its own, so the class path alone may lack it. */
    private static String classPath() {
        String classPath = System.getProperty("java.class.path");
        try {
            String own = Path.of(Mmard.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
            return List.of(classPath.split(File.pathSeparator)).contains(own) ? classPath : own + File.pathSeparator + classPath;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
