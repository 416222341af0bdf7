package org.mmard.train;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request from outside that a run stop soon and in good order. It is made once and never taken back. Safe for any thread. */
public final class StopRequest {
    private final List<Promise> promises = new ArrayList<>();
    private @Nullable String signal;
    private boolean heeded;

    /** Held by whoever will stop soon after a request. */
    public final class Promise implements AutoCloseable {
        private final Runnable atOnce;

        private Promise(Runnable atOnce) {
            this.atOnce = atOnce;
        }

        @Override
        public void close() {
            synchronized (StopRequest.this) {
                promises.remove(this);
            }
        }
    }

    /**
     * Promises to stop.
     *
     * @param atOnce done when the request is made, or now where it was; must return soon
     */
    public Promise promise(Runnable atOnce) {
        Promise promise = new Promise(atOnce);
        synchronized (this) {
            promises.add(promise);
            if (signal == null) {
                return promise;
            }
        }
        atOnce.run();
        return promise;
    }

    /**
     * Makes the request.
     *
     * @param name of the signal that it came by, such as SIGTERM
     * @return whether anybody has promised to stop
     */
    public boolean make(String name) {
        List<Promise> made;
        synchronized (this) {
            signal = name;
            made = List.copyOf(promises);
        }
        made.forEach(promise -> promise.atOnce.run());
        return !made.isEmpty();
    }

    /** Whether the request was made. */
    public synchronized boolean made() {
        return signal != null;
    }

    /**
     * The name of the signal.
     *
     * @throws IllegalStateException where the request was not made
     */
    public synchronized String signal() {
        if (signal == null) {
            throw new IllegalStateException("the request was not made");
        }
        return signal;
    }

    /** To be called when work has stopped: what is left is to write down where. */
    public synchronized void heed() {
        heeded = true;
    }

    /** Whether work has stopped since: {@link #heed} was called. */
    public synchronized boolean heeded() {
        return heeded;
    }
}
