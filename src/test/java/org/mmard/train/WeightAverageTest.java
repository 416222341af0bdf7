package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;
import org.mmard.run.RunDirectory;
import org.mmard.step.FlatRange;

/** Runs whose epochs do not depend on the average: an equal run without one tells the student's own weights. */
class WeightAverageTest {
    private static final String RAW = "raw.bin";

    @TempDir
    Path folder;

    @Test
    void equalWeightsFromAnEpochOn() {
        RunFixture plain = fixture("plain", Map.of());
        RunFixture averaged = fixture("averaged", RunFixture.swa(1, "average"));
        plain.start();
        averaged.start();
        assertArrayEquals(parameters(plain, 1), parameters(averaged, 1));
        assertFalse(model(averaged, 1).extras().containsKey(RAW));
        for (int epoch = 2; epoch <= 4; epoch++) {
            float[] found = parameters(averaged, epoch);
            List<float[]> own = IntStream.rangeClosed(2, epoch).mapToObj(one -> parameters(plain, one)).toList();
            for (int i = 0; i < found.length; i++) {
                int at = i;
                assertEquals(own.stream().mapToDouble(vector -> vector[at]).average().orElseThrow(), found[i], 1e-6, "epoch " + epoch);
            }
            assertArrayEquals(parameters(plain, epoch),
                    ModelFile.array("raw", RAW, model(averaged, epoch).extras().get(RAW), model(averaged, epoch).graph().numParams())
                            .toFloatVector());
        }
        assertArrayEquals(parameters(averaged, 4),
                ModelFile.read(averaged.directory.uri(RunDirectory.LAST), new Configuration()).graph().params().toFloatVector());
    }

    @Test
    void whatIsValidatedIsTheAverageWithItsOwnStatistics() {
        RunFixture run = fixture("run", RunFixture.swa(0, "re-estimate"));
        run.start();
        ComputationGraph model = model(run, 4).graph();
        for (float statistic : FlatRange.values(model.params(), FlatRange.runningStatistics(model.getUpdater()))) {
            assertEquals(4, statistic);
        }
        double robust = 0.25 + model.params().meanNumber().doubleValue() / 100;
        assertTrue(run.metrics().get(3).contains("\"robust_accuracy\":" + robust), robust + " " + run.metrics().get(3));
    }

    @Test
    void aResumedRunEndsAsAnUninterruptedOne() {
        for (String batchNorm : List.of("average", "re-estimate")) {
            Map<String, String> averaging = RunFixture.swa(1, batchNorm);
            RunFixture whole = fixture("whole-" + batchNorm, averaging);
            RunFixture cut = fixture("cut-" + batchNorm, averaging);
            whole.start();
            assertThrows(IllegalStateException.class, () -> cut.run(false, epochs -> epochs.killedIn(4)));
            cut.resume();
            assertEquals(List.of(4), cut.last.trained);
            assertEquals(whole.metricsWithoutTime(), cut.metricsWithoutTime());
            assertArrayEquals(parameters(whole, 4), parameters(cut, 4));
            assertArrayEquals(model(whole, 4).extras().get(RAW), model(cut, 4).extras().get(RAW));
        }
    }

    @Test
    void refusesToGoOnWithAnAverageThatWasNeverBegun() {
        RunFixture run = fixture("run", Map.of());
        run.start();
        run.epochs = 6;
        run.averaging = RunFixture.swa(2, "average");
        assertTrue(assertThrows(InputError.class, run::resume).getMessage()
                .startsWith("training.averaging.kind = swa: the run's checkpoint of epoch 4"));
        run.averaging = RunFixture.swa(4, "average");
        run.resume();
        assertTrue(model(run, 5).extras().containsKey(RAW));
    }

    private RunFixture fixture(String name, Map<String, String> averaging) {
        RunFixture run = new RunFixture(folder.resolve(name).toUri().toString(), new Configuration());
        run.averaging = averaging;
        return run;
    }

    private static ModelFile.Model model(RunFixture run, int epoch) {
        return ModelFile.read(run.directory.uri(RunDirectory.checkpoint(epoch)), run.directory.hadoop());
    }

    private static float[] parameters(RunFixture run, int epoch) {
        return model(run, epoch).graph().params().toFloatVector();
    }
}
