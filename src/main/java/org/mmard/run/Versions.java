package org.mmard.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** What this program is made of: the versions and the commit that the build wrote down, and those of the machine it runs on. */
public final class Versions {
    private static final String FILE = "build.properties";
    private static final String[] BUILT_IN = {"mmard", "commit", "dl4j", "dl4j-spark", "nd4j-backend", "libtorch"};

    private Versions() {}

    /**
     * Name to version, in a fixed order. A commit is followed by {@code +changes} where the sources were not as committed, and is
     * {@code unknown} for a build outside git.
     *
     * @param spark the version of the Spark at hand, which is the cluster's, not the build's
     */
    public static Map<String, String> collect(String spark) {
        Properties built = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream(FILE)) {
            built.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> versions = new LinkedHashMap<>();
        for (String name : BUILT_IN) {
            versions.put(name, known(built.getProperty(name)));
        }
        if ("true".equals(built.getProperty("dirty"))) {
            versions.merge("commit", "+changes", String::concat);
        }
        versions.put("spark", spark);
        versions.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        versions.put("system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        return versions;
    }

    private static String known(String value) {
        return value.startsWith("${") ? "unknown" : value;
    }
}
