package org.mmard.spark.sync;

import io.reactivex.Flowable;
import io.reactivex.functions.Consumer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;
import org.nd4j.parameterserver.distributed.v2.enums.PropagationMode;
import org.nd4j.parameterserver.distributed.v2.messages.INDArrayMessage;
import org.nd4j.parameterserver.distributed.v2.messages.RequestMessage;
import org.nd4j.parameterserver.distributed.v2.messages.ResponseMessage;
import org.nd4j.parameterserver.distributed.v2.messages.VoidMessage;
import org.nd4j.parameterserver.distributed.v2.transport.RestartCallback;
import org.nd4j.parameterserver.distributed.v2.transport.Transport;
import org.nd4j.parameterserver.distributed.v2.util.MeshOrganizer;
import org.reactivestreams.Publisher;

/**
 * The parameter server that DL4J's training wrapper insists on, with nobody to talk to: no socket, no thread that polls, no shared memory.
 * Where one is running when the wrapper looks, it builds none over Aeron, whose messages are unauthenticated and deserialised by Java.
 * Updates go through an {@link Exchange}. The only class that names DL4J's parameter server.
 */
public final class IdleParameterServer {
    private IdleParameterServer() {}

    /** What SharedTrainingMaster is constructed with, and nobody reads. */
    public static VoidConfiguration configuration() {
        return VoidConfiguration.builder().controllerAddress("127.0.0.1").unicastPort(1).build();
    }

    /** Sees to it that this JVM has one. */
    public static synchronized void start() {
        ModelParameterServer server = ModelParameterServer.getInstance();
        if (!server.isInitialized()) {
            server.configure(configuration(), new NoTransport(), false);
            server.launch();
        }
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // DL4J's interface has it so
    private static final class NoTransport implements Transport {
        private static UnsupportedOperationException refusal() {
            return new UnsupportedOperationException("nothing goes over DL4J's transport: updates go through " + Exchange.class);
        }

        /** Else the wrapper waits for the driver's answer. */
        @Override
        public boolean isIntroduced() {
            return true;
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public int totalNumberOfNodes() {
            return 1;
        }

        @Override
        public String id() {
            return "none";
        }

        @Override
        public String getRootId() {
            return id();
        }

        @Override
        public @Nullable String getUpstreamId() {
            return null;
        }

        @Override
        public @Nullable String getRandomDownstreamFrom(String id, String exclude) {
            return null;
        }

        @Override
        public Publisher<INDArrayMessage> incomingPublisher() {
            return Flowable.never();
        }

        @Override
        public Consumer<VoidMessage> outgoingConsumer() {
            return message -> {
                throw refusal();
            };
        }

        @Override
        public void propagateMessage(VoidMessage message, PropagationMode mode) {
            throw refusal();
        }

        @Override
        public void sendMessage(VoidMessage message, String id) {
            throw refusal();
        }

        @Override
        public <T extends ResponseMessage> T sendMessageBlocking(RequestMessage message, String id) {
            throw refusal();
        }

        @Override
        public <T extends ResponseMessage> T sendMessageBlocking(RequestMessage message, String id, long time, TimeUnit unit) {
            throw refusal();
        }

        @Override
        public void processMessage(VoidMessage message) {
            throw refusal();
        }

        @Override
        public void launch() {}

        @Override
        public void launchAsMaster() {}

        @Override
        public void shutdown() {}

        @Override
        public void setRestartCallback(RestartCallback callback) {}

        @Override
        public <T extends RequestMessage> void addRequestConsumer(Class<T> type, Consumer<T> consumer) {}

        @Override
        public void onMeshUpdate(MeshOrganizer mesh) {}

        @Override
        public void onRemap(String id) {}

        @Override
        public void ensureConnection(String id) {}
    }
}
