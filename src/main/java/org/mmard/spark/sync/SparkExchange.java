package org.mmard.spark.sync;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.netty.SparkTransportConf;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.TransportConf;
import org.jspecify.annotations.Nullable;
import org.mmard.spark.sync.Address.Phase;
import scala.Option;

/**
 * The exchange between executors, over the transport that Spark's own blocks take ({@code spark-network-common}): authenticated where
 * {@code spark.authenticate} is on, encrypted where {@code spark.network.crypto.enabled} is, with the secret and the settings of the
 * application. Every executor listens on a port of its own and calls every other. A message is a stream with a header of {@value #HEADER}
 * bytes; no byte of it is deserialised by Java.
 */
public final class SparkExchange implements Exchange {
    private static final String MODULE = "mmard";
    /** Run, epoch, round, phase, source, piece. */
    private static final int HEADER = 36;
    /** Longer than the driver waits, who knows better what to do. */
    private static final long PATIENCE_BEYOND_STALL_MILLISECONDS = 120_000;

    private final UUID run;
    private final Inbox.Limits limits;
    private final Inbox inbox;
    private final long patience;
    private final SendBuffers buffers;
    private final Rejections rejections;
    private final TransportContext context;
    private final TransportContext calling;
    private final TransportServer server;
    private final TransportClientFactory clients;
    private final String host;
    private final Supplier<BarrierTask> tasks;
    private @Nullable BarrierTask task;
    private String @Nullable [] addresses;
    private long sent;
    private long received;
    private volatile boolean closed;

    /**
     * Begins to listen.
     *
     * @param run tells the runs of one application apart
     * @param executors at most
     * @param length of the vectors that will be shared
     * @param stall seconds after which, at the latest, the driver takes an epoch for stalled
     */
    public static SparkExchange of(UUID run, int executors, int length, int stall) {
        SparkEnv spark = SparkEnv.get();
        return new SparkExchange(run, AllReduce.limits(executors, length), stall * 1000L + PATIENCE_BEYOND_STALL_MILLISECONDS,
                spark.blockManager().blockManagerId().host(), spark.conf(),
                spark.securityManager().isAuthenticationEnabled() ? spark.securityManager() : null,
                BarrierTask::current);
    }

    /**
     * @param patience how long one waits for a message, milliseconds
     * @param secret of the application, null where Spark's authentication is off
     * @param tasks asked at each {@link #meet}
     */
    SparkExchange(
            UUID run, Inbox.Limits limits, long patience, String host, SparkConf spark, @Nullable SecretKeyHolder secret,
            Supplier<BarrierTask> tasks) {
        this.run = run;
        this.tasks = tasks;
        this.limits = limits;
        this.patience = patience;
        this.host = host;
        inbox = new Inbox(limits);
        rejections = new Rejections(host);
        buffers = new SendBuffers(limits.length());
        TransportConf conf = SparkTransportConf.fromSparkConf(spark, MODULE, 1, Option.empty());
        // Those that this executor calls have nothing to tell it on its own connection, where nobody has asked them who they are.
        calling = new TransportContext(conf, new NoOpRpcHandler(), false);
        context = new TransportContext(conf, new Listener(), false);
        List<TransportServerBootstrap> door = secret == null ? List.of() : List.of(new AuthServerBootstrap(conf, secret));
        List<TransportClientBootstrap> key =
                secret == null ? List.of() : List.of(new AuthClientBootstrap(conf, spark.get("spark.app.id", MODULE), secret));
        server = Ports.of(spark).listen(port -> context.createServer(host, port, door));
        clients = calling.createClientFactory(key);
    }

    /** Where this executor listens: host and port. */
    String address() {
        return host + ":" + server.getPort();
    }

    /** How many were turned away. */
    long rejections() {
        return rejections.count();
    }

    @Override
    public int shard() {
        return task().shard();
    }

    private BarrierTask task() {
        if (task == null) {
            throw unmet();
        }
        return task;
    }

    private String[] addresses() {
        if (addresses == null) {
            throw unmet();
        }
        return addresses;
    }

    private static IllegalStateException unmet() {
        return new IllegalStateException("this executor has not met the others");
    }

    @Override
    public int executors() {
        return addresses().length;
    }

    /**
     * Spark's barrier, at which those who have not met tell each other their addresses, takes a second. Later a greeting will do, which
     * says who has which shard now: Spark gives an executor another one in each epoch.
     */
    @Override
    public void meet(int epoch, boolean introduce) {
        task = tasks.get();
        inbox.begin(epoch, shard());
        if (introduce) {
            addresses = task().all(address());
        } else {
            byte[] greeting = address().getBytes(StandardCharsets.UTF_8);
            for (String other : addresses()) {
                if (!other.equals(address())) {
                    send(new Address(epoch, 0, Phase.GREETING, shard(), 0), greeting, greeting.length, other);
                }
            }
            String[] now = new String[executors()];
            now[shard()] = address();
            for (int step = 1; step < executors(); step++) {
                int other = (shard() + step) % executors();
                receive(new Address(epoch, 0, Phase.GREETING, other, 0),
                        (bytes, length) -> now[other] = new String(bytes, 0, length, StandardCharsets.UTF_8));
            }
            addresses = now;
        }
    }

    @Override
    public void send(Address address, byte[] bytes, int length, int to) {
        inbox.advance(address.round());
        send(address, bytes, length, addresses()[to]);
        sent += length;
    }

    private void send(Address address, byte[] bytes, int length, String where) {
        ByteBuffer header = header(run, address);
        ManagedBuffer body = buffers.copy(bytes, length);
        client(where).uploadStream(new NioManagedBuffer(header), body, new RpcResponseCallback() {
            @Override
            public void onSuccess(ByteBuffer response) {
                // It has arrived.
            }

            @Override
            public void onFailure(Throwable e) {
                if (!closed) {
                    inbox.fail(address + " could not be sent to " + where + ": " + e.getMessage());
                }
            }
        });
    }

    @SuppressWarnings("EnumOrdinal") // all executors run the same jar
    static ByteBuffer header(UUID run, Address address) {
        return ByteBuffer.allocate(HEADER).putLong(run.getMostSignificantBits()).putLong(run.getLeastSignificantBits())
                .putInt(address.epoch()).putInt(address.round()).putInt(address.phase().ordinal()).putInt(address.source())
                .putInt(address.piece()).flip();
    }

    private TransportClient client(String where) {
        int colon = where.lastIndexOf(':');
        try {
            return clients.createClient(where.substring(0, colon), Integer.parseInt(where.substring(colon + 1)));
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("the executor at " + where + " cannot be reached: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while connecting to " + where, e);
        }
    }

    @Override
    public void receive(Address address, Reader reader) {
        inbox.take(address, task()::isInterrupted, patience, (bytes, length) -> {
            received += length;
            reader.read(bytes, length);
        });
    }

    @Override
    public long sent() {
        return sent;
    }

    @Override
    public long received() {
        return received;
    }

    @Override
    public void close() {
        closed = true;
        clients.close();
        calling.close();
        server.close();
        context.close();
    }

    /** What comes in. Until a connection is authenticated, Spark lets none of it through. */
    private final class Listener extends RpcHandler {
        /** Connections that were let through, or counted already. */
        private final Set<SocketAddress> known = ConcurrentHashMap.newKeySet();

        @Override
        public StreamCallbackWithID receiveStream(TransportClient client, ByteBuffer header, RpcResponseCallback callback) {
            if (header.remaining() != HEADER) {
                throw refused(client, "sent something else than an update");
            }
            if (!new UUID(header.getLong(), header.getLong()).equals(run)) {
                // Of an earlier run of this application, still on its way, perhaps.
                count(client, "sent an update of another run");
                return new Arrival(null);
            }
            int epoch = header.getInt();
            int round = header.getInt();
            int phase = header.getInt();
            int source = header.getInt();
            int piece = header.getInt();
            if (phase < 0 || phase >= Phase.values().length) {
                throw refused(client, "sent something else than an update");
            }
            known.add(client.getSocketAddress());
            Address address = new Address(epoch, round, Phase.values()[phase], source, piece);
            if (!inbox.expect(address)) {
                count(client, "sent " + address + " at another time, or twice");
                return new Arrival(null);
            }
            return new Arrival(address);
        }

        @Override
        public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback callback) {
            callback.onFailure(refused(client, "sent something else than an update"));
            client.close();
        }

        private IllegalArgumentException refused(TransportClient client, String what) {
            count(client, what);
            return new IllegalArgumentException("only updates are taken here");
        }

        private void count(TransportClient client, String what) {
            known.add(client.getSocketAddress());
            rejections.count(client.getSocketAddress(), what);
        }

        @Override
        public StreamManager getStreamManager() {
            return NO_STREAMS;
        }

        @Override
        public void channelActive(TransportClient client) {
            // Netty knows an address later only if it was asked in time.
            client.getSocketAddress();
        }

        /** A peer that has nothing to say does not come; who leaves before he has said anything could not prove who he is. */
        @Override
        public void channelInactive(TransportClient client) {
            if (!known.remove(client.getSocketAddress()) && !closed) {
                rejections.count(client.getSocketAddress(), "left without a word that was let through");
            }
        }
    }

    private static final StreamManager NO_STREAMS = new StreamManager() {
        @Override
        public ManagedBuffer getChunk(long stream, int chunk) {
            throw new UnsupportedOperationException("nothing can be fetched here");
        }
    };

    /** A message that is coming in. */
    private final class Arrival implements StreamCallbackWithID {
        private final @Nullable Address address;
        private byte @Nullable [] bytes;
        private int length;

        /** @param address null for one that is dropped */
        Arrival(@Nullable Address address) {
            this.address = address;
        }

        @Override
        public String getID() {
            return String.valueOf(address);
        }

        @Override
        public void onData(String id, ByteBuffer data) throws IOException {
            if (address == null) {
                return;
            }
            if (length + data.remaining() > limits.length()) {
                throw new IOException(address + " is longer than " + limits.length() + " bytes");
            }
            if (bytes == null) {
                bytes = inbox.array();
            }
            int more = data.remaining();
            data.get(bytes, length, more);
            length += more;
        }

        @Override
        public void onComplete(String id) {
            if (address != null) {
                inbox.put(address, bytes == null ? inbox.array() : bytes, length);
                bytes = null;
            }
        }

        @Override
        public void onFailure(String id, Throwable cause) {
            if (address != null) {
                inbox.cancel(address, bytes);
                bytes = null;
            }
        }
    }
}
