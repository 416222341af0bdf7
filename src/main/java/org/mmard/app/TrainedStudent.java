package org.mmard.app;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.model.ModelFile;
import org.mmard.run.CheckpointState;
import org.mmard.run.EpochMetrics;
import org.mmard.run.RunDirectory;
import org.mmard.run.ValidationAccuracy;

/**
 * A student that has been trained.
 *
 * @param directory where all of the run lies
 * @param state after the last epoch
 * @param seconds that this call took, failed attempts and all; 0 where there was nothing left to train
 */
public record TrainedStudent(RunDirectory directory, CheckpointState state, double seconds) {
    /** URI of the model of the best epoch; of the last one where none was validated. */
    public String best() {
        return directory.uri(state.best() == null ? RunDirectory.LAST : RunDirectory.BEST);
    }

    /** URI of the model of the last epoch. */
    public String last() {
        return directory.uri(RunDirectory.LAST);
    }

    /** Accuracy of the last epoch on the validation part; nothing where that epoch was not validated. */
    public Optional<ValidationAccuracy> accuracy() {
        return Optional.ofNullable(state.accuracy());
    }

    /** All epochs of the run, in order. */
    public List<EpochMetrics> epochs() {
        return EpochMetrics.read(directory);
    }

    /** The model of {@link #best}, as DL4J has it. */
    public ComputationGraph graph() {
        return ModelFile.read(best(), directory.hadoop()).graph();
    }
}
