package org.mmard.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import org.nd4j.parameterserver.distributed.v2.transport.PortSupplier;

/** A free UDP port, the same for as long as the JVM lives: several executors may share a host, and DL4J asks more than once. */
final class FreePort implements PortSupplier {
    private static final long serialVersionUID = 1L;

    private static int port;

    @Override
    public int getPort() {
        synchronized (FreePort.class) {
            if (port == 0) {
                try (DatagramSocket socket = new DatagramSocket(0)) {
                    port = socket.getLocalPort();
                } catch (IOException e) {
                    throw new UncheckedIOException("no free UDP port", e);
                }
            }
            return port;
        }
    }
}
