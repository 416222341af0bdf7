package org.mmard.app;

import java.util.List;
import org.mmard.attack.Evaluator;
import org.mmard.train.TrainingListener;

/** Follows a grid as it goes. */
public interface GridListener {
    /** Follows nothing. */
    GridListener NONE = new GridListener() {};

    /**
     * All runs have been looked at.
     *
     * @param directory of the grid
     * @param runs all of them
     * @param left those that are not finished, with the epochs they have left
     */
    default void planned(String directory, List<GridRun> runs, List<Left> left) {}

    /**
     * A run that is not finished.
     *
     * @param epochs to train; 0 where it is only to be evaluated
     */
    record Left(GridRun run, int epochs) {}

    /**
     * A run begins.
     *
     * @param number of it among all, from 1
     * @param of how many
     * @param epochs to train
     */
    default void runStarts(GridRun run, int number, int of, int epochs) {}

    /** Who follows the training of a run. */
    default TrainingListener training(GridRun run) {
        return TrainingListener.NONE;
    }

    /** Who follows the evaluation of a run. */
    default Evaluator.Progress evaluation(GridRun run) {
        return (attack, done, total, atMost) -> {};
    }

    /**
     * A run has ended, well or not.
     *
     * @param epochs that were to be trained
     */
    default void runEnds(GridRun run, int epochs) {}

    /**
     * A person should know.
     *
     * @param line in one line, the run's name among it
     */
    default void message(String line) {}
}
