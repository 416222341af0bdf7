package org.mmard.spark.sync;

/**
 * Which message of a run it is.
 *
 * @param epoch from 0
 * @param round of the epoch, from 0
 * @param phase what it is for
 * @param source the shard that sent it
 * @param piece of the slice that it is about, from 0
 */
record Address(int epoch, int round, Phase phase, int source, int piece) {
    /** What a message is for. */
    enum Phase {
        /** Before the first round: whoever sends it is there and listens. */
        GREETING,
        /** A part of the sender's update, for the shard that adds these values up. */
        SCATTER,
        /** A part of the sum, from the shard that has added it up. */
        GATHER
    }

    @Override
    public String toString() {
        return switch (phase) {
            case GREETING -> "the greeting of shard " + source + " in epoch " + (epoch + 1);
            case SCATTER -> "the update of shard " + source + " in round " + (round + 1) + " of epoch " + (epoch + 1);
            case GATHER -> "the sum of shard " + source + " in round " + (round + 1) + " of epoch " + (epoch + 1);
        };
    }
}
