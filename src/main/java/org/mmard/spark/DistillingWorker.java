package org.mmard.spark;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.spark.SparkEnv;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingWorker;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;

/** DL4J's worker, whose model is this executor's {@link Replica}. Made anew, and sent with the tasks, in every epoch. */
final class DistillingWorker extends SharedTrainingWorker {
    private static final long serialVersionUID = 1L;

    private final Broadcast<Plan> plan;
    private final EpochStart start;

    DistillingWorker(SharedTrainingWorker made, Broadcast<Plan> plan, EpochStart start) {
        super(made.getInstanceId(), made.getBroadcastModel(), made.getBroadcastConfiguration(), null, null, null, null);
        this.plan = plan;
        this.start = start;
    }

    @Override
    public ReplicaGraph getInitialModelGraph() {
        if (start.shards() > 1) {
            chooseNetwork(getBroadcastConfiguration().value().getVoidConfiguration());
        }
        return Replica.of(plan.value(), getBroadcastModel().value(), start).graph();
    }

    /**
     * DL4J's training wrapper, which reads this configuration next, would listen on loopback when it is told no network: the network that this
     * executor talks to the driver on will do.
     */
    private static void chooseNetwork(VoidConfiguration network) {
        String host = SparkEnv.get().blockManager().blockManagerId().host();
        try {
            InetAddress address = InetAddress.getByName(host);
            if (network.getNetworkMask() == null && System.getenv("DL4J_VOID_IP") == null && !address.isLoopbackAddress()) {
                network.setNetworkMask(address.getHostAddress());
            }
        } catch (UnknownHostException e) {
            throw new UncheckedIOException("this executor does not know its own host " + host, e);
        }
    }
}
