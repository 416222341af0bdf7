package org.mmard.spark.sync;

/**
 * How a vector is cut among the executors of a round: shard k adds up the k-th slice. Slices are as alike as can be, and go in pieces of
 * {@value #PIECE} values, one message each.
 *
 * @param length of the vector
 * @param members how many executors take part
 */
record Slices(int length, int members) {
    /** Large enough that a message costs little beside its bytes, small enough that it stays in the processor's cache. */
    static final int PIECE = 1 << 18;

    /** The first value of a shard's slice. */
    int from(int shard) {
        return (int) ((long) length * shard / members);
    }

    /** One past the last. */
    int to(int shard) {
        return from(shard + 1);
    }

    /** How many pieces the longest slice has. A shorter one may lack the last; each has one at least, if an empty one. */
    int pieces() {
        return Math.max(1, (longest() + PIECE - 1) / PIECE);
    }

    int longest() {
        return (length + members - 1) / members;
    }

    /** The first value of a piece. */
    int from(int shard, int piece) {
        return Math.min(from(shard) + piece * PIECE, to(shard));
    }

    /** How many values it has; none where the slice ends before. */
    int values(int shard, int piece) {
        return Math.min(PIECE, to(shard) - from(shard, piece));
    }
}
