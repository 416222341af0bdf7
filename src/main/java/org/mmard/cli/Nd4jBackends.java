package org.mmard.cli;

import org.nd4j.linalg.factory.Nd4jBackend;

/** ND4J's own words for a backend that cannot run are a stack trace. */
final class Nd4jBackends {
    static final String REFUSAL =
            "ND4J finds nothing that it can compute on: a build that keeps its vectors on a GPU (--nd4j-cuda) needs CUDA 11.6 and a GPU "
                    + "of compute "
                    + "capability 3.7 to 8.6; make another with ./mmard --cuda build or ./mmard --cpu build";

    private Nd4jBackends() {}

    /** Whether a failure is ND4J's finding that no backend runs on this host. */
    static boolean noneRuns(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Nd4jBackend.NoAvailableBackendException) {
                return true;
            }
        }
        return false;
    }
}
