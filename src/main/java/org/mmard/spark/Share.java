package org.mmard.spark;

import java.util.Arrays;

/**
 * What an executor tells the others in a round of {@link Lockstep}.
 *
 * @param stop whether it was told to stop: the next round is the last; @param skipped whether its step was skipped; @param update its {@link Encoding encoded} update, empty where it has none to give
 */
record Share(boolean stop, boolean skipped, byte[] update) {
    static final byte[] NO_UPDATE = {};
    private static final int STOP = 1;
    private static final int SKIPPED = 2;

    byte[] bytes() {
        byte[] bytes = new byte[1 + update.length];
        bytes[0] = (byte) ((stop ? STOP : 0) | (skipped ? SKIPPED : 0));
        System.arraycopy(update, 0, bytes, 1, update.length);
        return bytes;
    }

    static Share of(byte[] bytes) {
        return new Share((bytes[0] & STOP) != 0, (bytes[0] & SKIPPED) != 0, Arrays.copyOfRange(bytes, 1, bytes.length));
    }

    boolean hasUpdate() {
        return update.length > 0;
    }
}
