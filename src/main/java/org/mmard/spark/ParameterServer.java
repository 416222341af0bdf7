package org.mmard.spark;

import java.util.concurrent.ThreadLocalRandom;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;

/**
 * The driver's parameter server, at which the executors introduce themselves. One serves all runs of this JVM: its threads would never end, and
 * executors stay connected to the one they know.
 */
final class ParameterServer {
    private static DriverTransport transport;
    private static VoidConfiguration serving;

    private ParameterServer() {}

    /** Starts it at the first call. @param network with the driver's address; @return where it listens */
    static synchronized VoidConfiguration start(VoidConfiguration network) {
        if (serving == null) {
            network.setUnicastControllerPort(network.getPortSupplier().getPort());
            // Another on each start: what a stranger still sends to a port that was his is not taken for a message.
            network.setStreamId(ThreadLocalRandom.current().nextInt(119, Integer.MAX_VALUE));
            network.setShardAddresses(network.getControllerAddress());
            network.setNumberOfShards(1);
            transport = new DriverTransport(network);
            ModelParameterServer.getInstance().configure(network, transport, true);
            ModelParameterServer.getInstance().launch();
            serving = network;
        }
        return serving;
    }

    /** Forgets all executors, which must be gone: others, perhaps at the same addresses, will introduce themselves. */
    static synchronized void forgetExecutors() {
        if (transport != null) {
            transport.forget();
        }
    }
}
