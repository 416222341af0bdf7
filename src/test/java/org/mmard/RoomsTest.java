package org.mmard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rooms of docs/architecture.md as the sources have them: each knows those below it alone, and none is too large to be known. */
class RoomsTest {
    /** From the top to the bottom. */
    private static final List<String> ROOMS = List.of("cli", "ml", "app", "bench", "report", "verify", "spark", "spark.host", "spark.sync",
            "train", "run", "step", "method", "attack", "loss", "export", "engine", "model", "data.importing", "data", "config", "registry",
            "files", "failure");
    private static final Path SOURCES = Path.of("src/main/java/org/mmard");
    private static final Pattern NAMED = Pattern.compile("org\\.mmard\\.([a-z]+(?:\\.[a-z]+)*)\\.[A-Z]");
    private static final double LARGEST_SHARE = 0.12;

    @Test
    void eachRoomKnowsThoseBelowItAlone() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path file : sources()) {
            String room = room(file);
            Matcher named = NAMED.matcher(Files.readString(file));
            while (named.find()) {
                if (ROOMS.indexOf(named.group(1)) < ROOMS.indexOf(room)) {
                    wrong.add(SOURCES.relativize(file) + " knows " + named.group(1));
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void noRoomIsAboveTwelveInAHundred() throws IOException {
        Map<String, Long> lines = new HashMap<>();
        for (Path file : sources()) {
            lines.merge(room(file), (long) Files.readAllLines(file).size(), Long::sum);
        }
        assertEquals(new TreeSet<>(ROOMS), new TreeSet<>(lines.keySet()));
        double all = lines.values().stream().mapToLong(Long::longValue).sum();
        lines.forEach((room, own) -> assertTrue(own / all <= LARGEST_SHARE, room + " has " + own + " of " + all + " lines"));
    }

    @Test
    void thePageOfRoomsNamesEveryRoom() throws IOException {
        String page = Files.readString(Path.of("docs/architecture.md"));
        ROOMS.forEach(room -> assertTrue(page.contains("| `" + room + "` |"), room));
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static String room(Path file) {
        return SOURCES.relativize(file.getParent()).toString().replace('/', '.');
    }
}
