package org.mmard.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.mmard.attack.AttackFactory;
import org.mmard.data.DataFormat;
import org.mmard.method.InnerObjective;
import org.mmard.method.OuterLoss;
import org.mmard.model.Architecture;
import org.mmard.step.RateSchedule;

/** The jars that a user puts beside ours. A service file whose name is misspelt would be passed over without a word. */
final class JarsBeside {
    private static final String SERVICES = "META-INF/services/";
    private static final String OURS = SERVICES + "org.mmard.";
    private static final List<String> KINDS = Stream.of(OuterLoss.class, InnerObjective.class, AttackFactory.class, Architecture.class,
            DataFormat.class, RateSchedule.class).map(Class::getName).toList();

    private JarsBeside() {}

    /**
     * A line for each service file that names no service of ours.
     *
     * @param jars as {@code MMARD_JARS} has them; null where it is not set
     */
    static List<String> warnings(String jars) {
        List<String> warnings = new ArrayList<>();
        for (String jar : jars == null ? new String[0] : jars.split(File.pathSeparator)) {
            try (ZipFile zip = new ZipFile(jar)) {
                zip.stream().map(ZipEntry::getName).filter(name -> name.startsWith(OURS) && !KINDS.contains(kind(name)))
                        .forEach(name -> warnings.add(Path.of(jar).getFileName() + ": " + name + " is passed over, for there is no "
                                + kind(name) + ": did you mean " + nearest(kind(name)) + "?"));
            } catch (IOException e) {
                // No jar: whoever loads a class from it says so.
            }
        }
        return warnings;
    }

    private static String kind(String entry) {
        return entry.substring(SERVICES.length());
    }

    private static String nearest(String name) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return KINDS.stream().min(Comparator.comparing(kind -> distance.apply(name, kind))).orElseThrow();
    }
}
