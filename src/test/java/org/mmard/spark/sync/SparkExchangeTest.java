package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkConf;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.netty.SparkTransportConf;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.util.TransportConf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mmard.spark.sync.Address.Phase;
import scala.Option;

/** Exchanges over real sockets, the executors being threads of this process; and strangers at their ports. */
@Timeout(120)
class SparkExchangeTest {
    private static final UUID RUN = UUID.randomUUID();
    private static final int LENGTH = 300_000;
    private static final Inbox.Limits LIMITS = AllReduce.limits(2, LENGTH);
    private static final SecretKeyHolder SECRET = secret("of this application");

    /** How an application may have Spark's own connections. */
    enum Security {
        NONE,
        AUTHENTICATED,
        ENCRYPTED;

        SparkConf conf() {
            SparkConf conf = new SparkConf(false);
            return this == ENCRYPTED ? conf.set("spark.network.crypto.enabled", "true").set("spark.network.crypto.authEngineVersion", "2")
                    .set("spark.network.crypto.cipher", "AES/GCM/NoPadding").set("spark.network.crypto.saslFallback", "false") : conf;
        }

        SecretKeyHolder secret() {
            return this == NONE ? null : SECRET;
        }
    }

    private final List<SparkExchange> exchanges = new ArrayList<>();
    private final String[] addresses = new String[2];
    private final CyclicBarrier barrier = new CyclicBarrier(2);
    private final AtomicBoolean killed = new AtomicBoolean();

    @AfterEach
    void close() {
        exchanges.forEach(SparkExchange::close);
    }

    private static SecretKeyHolder secret(String secret) {
        return new SecretKeyHolder() {
            @Override
            public String getSaslUser(String application) {
                return "mmard";
            }

            @Override
            public String getSecretKey(String application) {
                return secret;
            }
        };
    }

    private SparkExchange exchange(int shard, Security security) {
        AtomicInteger epochs = new AtomicInteger();
        SparkExchange exchange =
                new SparkExchange(RUN, LIMITS, 20_000, "127.0.0.1", security.conf(), security.secret(), () -> new BarrierTask() {
                    private final int now = (shard + epochs.getAndIncrement()) % 2;

                    /** Another one in each epoch, as Spark may have it. */
                    @Override
                    public int shard() {
                        return now;
                    }

                    @Override
                    public String[] all(String own) {
                        addresses[now] = own;
                        try {
                            barrier.await(20, TimeUnit.SECONDS);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                        return addresses;
                    }

                    @Override
                    public boolean isInterrupted() {
                        return killed.get();
                    }
                });
        exchanges.add(exchange);
        return exchange;
    }

    /** Three epochs of three rounds each: from the second on the executors have met before. */
    private static float[] train(SparkExchange exchange) {
        AllReduce sums = new AllReduce(exchange, Encoding.INT8, 2, LENGTH);
        Rounds rounds = new Rounds(exchange, sums, 6, 0);
        FloatBuffer update = FloatBuffer.allocate(LENGTH);
        FloatBuffer sum = FloatBuffer.allocate(LENGTH);
        float[] parameters = new float[LENGTH];
        for (int epoch = 0; epoch < 3; epoch++) {
            rounds.begin(epoch, 0, 0, epoch == 0, () -> false);
            for (int batch = exchange.shard(); batch < 6; batch += 2) {
                Random random = new Random(6L * epoch + batch);
                for (int i = 0; i < LENGTH; i++) {
                    update.put(i, random.nextFloat() - 0.5f);
                }
                rounds.give(batch, false, update);
                rounds.take(sum);
                for (int i = 0; i < LENGTH; i++) {
                    parameters[i] -= sum.get(i);
                }
            }
        }
        return parameters;
    }

    private List<float[]> train(Security security) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<float[]>> futures = new ArrayList<>();
            for (int shard = 0; shard < 2; shard++) {
                SparkExchange exchange = exchange(shard, security);
                futures.add(threads.submit(() -> train(exchange)));
            }
            List<float[]> parameters = new ArrayList<>();
            for (Future<float[]> future : futures) {
                parameters.add(future.get(60, TimeUnit.SECONDS));
            }
            return parameters;
        } finally {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @EnumSource(Security.class)
    void executorsShareTheirUpdatesToTheBit(Security security) throws Exception {
        List<float[]> parameters = train(security);
        assertArrayEquals(parameters.get(0), parameters.get(1));
        assertTrue(Math.abs(parameters.get(0)[0]) > 0);
        exchanges.get(1).close();
        Thread.sleep(300);
        // Nor is one that hangs up a stranger.
        assertEquals(0, exchanges.get(0).rejections());
    }

    /** Whoever has taken the address of an executor that is gone. */
    @Test
    void whatSomebodyCalledSendsBackUnaskedIsNoUpdate() throws Exception {
        TransportConf conf = SparkTransportConf.fromSparkConf(new SparkConf(false), "mmard", 1, Option.empty());
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        NoOpRpcHandler impostor = new NoOpRpcHandler() {
            @Override
            public void channelActive(TransportClient client) {
                client.uploadStream(new NioManagedBuffer(SparkExchange.header(RUN, UPDATE)), new NioManagedBuffer(ByteBuffer.allocate(10)),
                        new RpcResponseCallback() {
                            @Override
                            public void onSuccess(ByteBuffer response) {
                                outcome.complete(null);
                            }

                            @Override
                            public void onFailure(Throwable e) {
                                outcome.complete(e);
                            }
                        });
            }
        };
        try (TransportContext context = new TransportContext(conf, impostor, false);
                var server = context.createServer("127.0.0.1", 0, List.of())) {
            SparkExchange exchange = exchange(0, Security.NONE);
            CompletableFuture<Void> met = CompletableFuture.runAsync(() -> exchange.meet(0, true));
            addresses[1] = "127.0.0.1:" + server.getPort();
            barrier.await(20, TimeUnit.SECONDS);
            met.get(20, TimeUnit.SECONDS);
            exchange.send(new Address(0, 0, Phase.SCATTER, 0, 0), new byte[10], 10, 1);
            assertTrue(outcome.get(30, TimeUnit.SECONDS) != null, "it was taken in");
            assertThrows(IllegalStateException.class, () -> exchange.receive(UPDATE, (bytes, length) -> {}));
        }
    }

    /** The tasks of an epoch, each of which knows its own shard. */
    private static final class Meeting {
        private final String[] addresses;
        private final CyclicBarrier all;

        Meeting(int executors) {
            addresses = new String[executors];
            all = new CyclicBarrier(executors);
        }

        BarrierTask of(int shard) {
            return new BarrierTask() {
                @Override
                public int shard() {
                    return shard;
                }

                @Override
                public String[] all(String own) {
                    addresses[shard] = own;
                    try {
                        all.await(20, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    return addresses.clone();
                }

                @Override
                public boolean isInterrupted() {
                    return false;
                }
            };
        }
    }

    @Test
    void anExecutorThatHadNoPartInTheRestOfAnEpochHasOneInTheNext() throws Exception {
        Meeting rest = new Meeting(2);
        Meeting next = new Meeting(3);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        List<Future<float[]>> futures = new ArrayList<>();
        for (int executor = 0; executor < 3; executor++) {
            int number = executor;
            AtomicInteger epoch = new AtomicInteger(number < 2 ? 0 : 1);
            SparkExchange exchange = new SparkExchange(RUN, AllReduce.limits(3, LENGTH), 20_000, "127.0.0.1", new SparkConf(false), null,
                    () -> epoch.getAndIncrement() == 0 ? rest.of(number) : next.of((number + 1) % 3));
            exchanges.add(exchange);
            futures.add(threads.submit(() -> {
                Rounds rounds = new Rounds(exchange, new AllReduce(exchange, Encoding.INT8, 3, LENGTH), 7, 0);
                if (number < 2) {
                    share(rounds, exchange, 0, 5);
                }
                return share(rounds, exchange, 1, 0);
            }));
        }
        threads.shutdown();
        // The last of seven batches is that of shard 0 alone, which the third executor has now.
        assertArrayEquals(futures.get(0).get(60, TimeUnit.SECONDS), futures.get(1).get(60, TimeUnit.SECONDS));
        assertArrayEquals(updates(1, 0, 6), futures.get(0).get(), 1e-5f);
        assertArrayEquals(updates(1, 0, 7), futures.get(2).get(60, TimeUnit.SECONDS), 1e-5f);
    }

    /** What is left of an epoch of seven batches. @return all that is applied to the parameters */
    private static float[] share(Rounds rounds, SparkExchange exchange, int epoch, int from) {
        FloatBuffer sum = FloatBuffer.allocate(LENGTH);
        float[] all = new float[LENGTH];
        rounds.begin(epoch, from, 0, true, () -> false);
        for (int batch = from + exchange.shard(); batch < 7; batch += exchange.executors()) {
            rounds.give(batch, false, FloatBuffer.wrap(updates(epoch, batch, batch + 1)));
            rounds.take(sum);
            for (int i = 0; i < LENGTH; i++) {
                all[i] += sum.get(i);
            }
        }
        return all;
    }

    /** The sum of the updates of these batches. */
    private static float[] updates(int epoch, int from, int to) {
        float[] sum = new float[LENGTH];
        for (int batch = from; batch < to; batch++) {
            Random random = new Random(100L * epoch + batch);
            for (int i = 0; i < LENGTH; i++) {
                sum[i] += random.nextFloat() - 0.5f;
            }
        }
        return sum;
    }

    /** One that knows how to speak, with whatever secret. @return why it was not understood, or null */
    private static Throwable upload(SparkExchange to, Security security, SecretKeyHolder secret, ByteBuffer header, int length)
            throws Exception {
        TransportConf conf = SparkTransportConf.fromSparkConf(security.conf(), "mmard", 1, Option.empty());
        List<TransportClientBootstrap> bootstraps = secret == null ? List.of() : List.of(new AuthClientBootstrap(conf, "mmard", secret));
        String[] where = to.address().split(":");
        try (TransportContext context = new TransportContext(conf, new NoOpRpcHandler(), false);
                var factory = context.createClientFactory(bootstraps)) {
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            TransportClient client = factory.createClient(where[0], Integer.parseInt(where[1]));
            client.uploadStream(new NioManagedBuffer(header), new NioManagedBuffer(ByteBuffer.allocate(length)), new RpcResponseCallback() {
                @Override
                public void onSuccess(ByteBuffer response) {
                    outcome.complete(null);
                }

                @Override
                public void onFailure(Throwable e) {
                    outcome.complete(e);
                }
            });
            return outcome.get(30, TimeUnit.SECONDS);
        } catch (IOException | RuntimeException e) {
            return e;
        }
    }

    private SparkExchange waiting(Security security) throws Exception {
        SparkExchange exchange = exchange(0, security);
        CompletableFuture<Void> met = CompletableFuture.runAsync(() -> exchange.meet(0, true));
        addresses[1] = exchange.address();
        barrier.await(20, TimeUnit.SECONDS);
        met.get(20, TimeUnit.SECONDS);
        return exchange;
    }

    /** Nobody has spoken: the update of the other is still missing. */
    private void assertUntouched(SparkExchange exchange, Address address) {
        killed.set(true);
        IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> exchange.receive(address, (bytes, length) -> {}));
        assertTrue(thrown.getMessage().startsWith("the task was killed"), thrown.getMessage());
    }

    private static void awaitStrangers(SparkExchange exchange, long least) throws Exception {
        for (int tenths = 0; exchange.rejections() < least; tenths++) {
            assertTrue(tenths < 300, "only " + exchange.rejections() + " were turned away");
            Thread.sleep(100);
        }
    }

    private static final Address UPDATE = new Address(0, 0, Phase.SCATTER, 1, 0);

    @ParameterizedTest
    @EnumSource(value = Security.class, names = {"AUTHENTICATED", "ENCRYPTED"})
    void whoHasAnotherSecretOrNoneIsTurnedAwayAndCounted(Security security) throws Exception {
        SparkExchange exchange = waiting(security);
        assertTrue(upload(exchange, security, secret("a guess"), SparkExchange.header(RUN, UPDATE), 10) != null,
                "a wrong secret was let through");
        awaitStrangers(exchange, 1);
        assertTrue(upload(exchange, Security.NONE, null, SparkExchange.header(RUN, UPDATE), 10) != null,
                "an update without a secret was let through");
        awaitStrangers(exchange, 2);
        assertUntouched(exchange, UPDATE);
    }

    @ParameterizedTest
    @EnumSource(Security.class)
    void whoHasTheSecretIsHeard(Security security) throws Exception {
        SparkExchange exchange = waiting(security);
        assertEquals(null, upload(exchange, security, security.secret(), SparkExchange.header(RUN, UPDATE), 10));
        int[] received = new int[1];
        exchange.receive(UPDATE, (bytes, length) -> received[0] = length);
        assertEquals(10, received[0]);
    }

    @Test
    void whatIsNoUpdateOfThisRunIsDroppedAndCounted() throws Exception {
        SparkExchange exchange = waiting(Security.NONE);
        assertEquals(null, upload(exchange, Security.NONE, null, SparkExchange.header(UUID.randomUUID(), UPDATE), 10),
                "of another run: dropped");
        assertEquals(1, exchange.rejections());
        assertEquals(null, upload(exchange, Security.NONE, null, SparkExchange.header(RUN, new Address(0, 7, Phase.SCATTER, 1, 0)), 10),
                "of a round to come");
        assertEquals(null, upload(exchange, Security.NONE, null, SparkExchange.header(RUN, new Address(0, 0, Phase.SCATTER, 9, 0)), 10),
                "of a shard that there is not");
        assertTrue(upload(exchange, Security.NONE, null, SparkExchange.header(RUN, UPDATE).putInt(24, 99), 10) != null,
                "of a phase that there is not");
        assertTrue(upload(exchange, Security.NONE, null, SparkExchange.header(RUN, UPDATE), LIMITS.length() + 1) != null,
                "longer than any");
        assertTrue(upload(exchange, Security.NONE, null, ByteBuffer.allocate(3), 10) != null, "a short header");
        assertTrue(exchange.rejections() >= 5, exchange.rejections() + " were counted");
        assertUntouched(exchange, UPDATE);
    }

    /** Whose deserialisation would be seen. */
    private static final class Foreign implements Serializable {
        private static final long serialVersionUID = 1L;
        private static final AtomicBoolean READ = new AtomicBoolean();

        private void readObject(java.io.ObjectInputStream in) {
            READ.set(true);
        }
    }

    @Test
    void junkAndSerialisedObjectsDoNothingButCount() throws Exception {
        SparkExchange exchange = waiting(Security.NONE);
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(object)) {
            out.writeObject(new Foreign());
        }
        byte[] junk = new byte[4096];
        new Random(1).nextBytes(junk);
        String[] where = exchange.address().split(":");
        for (byte[] bytes : List.of(object.toByteArray(), junk, new byte[] {0, 0, 0, 0, 0, 0, 0, 9, 3}, new byte[0])) {
            try (Socket socket = new Socket(where[0], Integer.parseInt(where[1]))) {
                socket.getOutputStream().write(bytes);
            }
        }
        // As a message of Spark's own, too.
        TransportConf conf = SparkTransportConf.fromSparkConf(new SparkConf(false), "mmard", 1, Option.empty());
        try (TransportContext context = new TransportContext(conf, new NoOpRpcHandler(), false);
                var factory = context.createClientFactory()) {
            TransportClient client = factory.createClient(where[0], Integer.parseInt(where[1]));
            assertThrows(RuntimeException.class, () -> client.sendRpcSync(ByteBuffer.wrap(object.toByteArray()), 10_000));
        }
        awaitStrangers(exchange, 5);
        assertTrue(!Foreign.READ.get(), "an object was deserialised");
        assertUntouched(exchange, UPDATE);
    }

    @Test
    void aPeerThatIsGoneIsNamedAtOnce() throws Exception {
        SparkExchange exchange = exchange(0, Security.NONE);
        SparkExchange other = exchange(1, Security.NONE);
        CompletableFuture<Void> met = CompletableFuture.runAsync(() -> exchange.meet(0, true));
        other.meet(0, true);
        met.get(20, TimeUnit.SECONDS);
        other.close();
        Exception thrown = assertThrows(Exception.class, () -> {
            exchange.send(new Address(0, 0, Phase.SCATTER, 0, 0), new byte[10], 10, 1);
            exchange.receive(UPDATE, (bytes, length) -> {});
        });
        assertTrue(thrown.getMessage().contains(other.address()), thrown.getMessage());
    }

    @Test
    void anExchangeListensOnAPortOfTheRange() {
        SparkConf conf = new SparkConf(false).set(Ports.RANGE, "21500-21531");
        try (SparkExchange first = new SparkExchange(RUN, LIMITS, 1000, "127.0.0.1", conf, null, () -> null);
                SparkExchange second = new SparkExchange(RUN, LIMITS, 1000, "127.0.0.1", conf, null, () -> null)) {
            int one = Integer.parseInt(first.address().split(":")[1]);
            int two = Integer.parseInt(second.address().split(":")[1]);
            assertTrue(one >= 21500 && two <= 21531 && one < two, one + " and " + two);
        }
    }
}
