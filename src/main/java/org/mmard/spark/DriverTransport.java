package org.mmard.spark;

import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.nd4j.linalg.exception.ND4JIllegalStateException;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;
import org.nd4j.parameterserver.distributed.v2.transport.impl.AeronUdpTransport;
import org.nd4j.parameterserver.distributed.v2.util.MeshOrganizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DL4J's transport, as the driver has it: executors that are gone can be forgotten. DL4J's own sends to them for ever, in the very threads that
 * should answer newcomers, and tells these of them.
 */
final class DriverTransport extends AeronUdpTransport {
    private static final Logger LOG = LoggerFactory.getLogger(DriverTransport.class);

    /** @param configuration its controller's address and port are this JVM's */
    DriverTransport(VoidConfiguration configuration) {
        super(configuration.getControllerAddress(), configuration.getUnicastControllerPort(), configuration);
    }

    /** Without DL4J's heartbeats, which take an executor that is busy for a tenth of a second for a dead one: Spark's watch over them. */
    @Override
    public synchronized void launchAsMaster() {
        createSubscription();
        masterMode = true;
        forget();
        launch();
    }

    /** An executor that has died since it said something cannot be answered. That is no news here. */
    @Override
    protected void jointMessageHandler(DirectBuffer buffer, int offset, int length, Header header) {
        try {
            super.jointMessageHandler(buffer, offset, length, header);
        } catch (ND4JIllegalStateException e) {
            LOG.info("dropped the message of an executor that does not answer", e);
        }
    }

    /** Closes all connections, which also frees whoever still sends to one that is gone, and begins with an empty mesh. */
    void forget() {
        aeronLock.lock();
        try {
            remoteConnections.values().forEach(connection -> connection.getPublication().close());
            remoteConnections.clear();
        } finally {
            aeronLock.unlock();
        }
        synchronized (mesh) {
            MeshOrganizer empty = new MeshOrganizer();
            empty.getRootNode().setId(id());
            mesh.set(empty);
        }
        numerOfNodes.set(0);
    }
}
