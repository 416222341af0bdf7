package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;

class ElasticResumeTest {
    @TempDir
    Path folder;

    private RunFixture run;

    @BeforeEach
    void twoExecutorsTrainTwoEpochs() {
        run = new RunFixture(folder.resolve("run").toUri().toString(), new Configuration());
        run.executors = 2;
        run.epochs = 2;
        run.start();
        run.epochs = 4;
    }

    private List<Integer> executors() {
        return Provenance.read(run.directory).starts().stream().map(Provenance.Start::executors).toList();
    }

    @Test
    void anotherNumberOfExecutorsIsSaidAndWrittenDown() {
        run.executors = 3;
        assertEquals(Optional.of("3 executors in place of 2"), run.find(true).resized());
        run.resume();
        assertEquals(List.of(3, 4), run.last.trained);
        assertEquals(List.of(2, 3), executors());
        assertTrue(new String(run.directory.read(RunDirectory.CONFIGURATION).orElseThrow(), StandardCharsets.UTF_8)
                .contains("cluster.executors = 3"));
        // From now on the run is one of three.
        assertEquals(Optional.empty(), run.find(true).resized());
        run.executors = 1;
        assertEquals(Optional.of("1 executor in place of 3"), run.find(true).resized());
    }

    @Test
    void theSameNumberIsNoNews() {
        assertEquals(Optional.empty(), run.find(true).resized());
        assertEquals(Optional.of("2 executors in place of 4"), new Provenance("name", 7, null, null, List.of(
                Provenance.Start.now("host", "mmard train", 4, Map.of()), Provenance.Start.now("host", "mmard train", 2, Map.of())))
                .resized(1));
    }

    @Test
    void startsOfARunThatIsOlderThanTheNumberHadThatOfItsConfiguration() {
        String written = new String(run.directory.read(RunDirectory.PROVENANCE).orElseThrow(), StandardCharsets.UTF_8);
        String older = written.replaceAll("\\s*\"executors\" : 2,", "");
        assertTrue(older.length() < written.length(), written);
        run.directory.write(RunDirectory.PROVENANCE, older.getBytes(StandardCharsets.UTF_8));
        run.executors = 4;
        assertEquals(Optional.of("4 executors in place of 2"), run.find(true).resized());
        run.resume();
        assertEquals(List.of(2, 4), executors());
    }

    @Test
    void aRestartByItselfChangesNothing() {
        run.executors = 3;
        run.runOver(true, 1, List.of(epochs -> epochs.failingIn(4), epochs -> epochs));
        assertEquals(List.of(2, 3, 3), executors());
        assertEquals(Optional.of("3 executors in place of 2"), Provenance.read(run.directory).resized(1));
        assertEquals(Optional.empty(), Provenance.read(run.directory).resized(2));
    }
}
