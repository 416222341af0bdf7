package org.mmard.spark.sync;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.spark.SparkConf;
import org.mmard.failure.InputError;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;
import org.mmard.spark.sync.Address.Phase;

/**
 * What comes in at an executor's port, Spark's own framing included, where nobody has to prove who he is: an update of another executor.
 */
public final class FuzzedUpdate implements FuzzedReader {
    private static final UUID RUN = new UUID(1, 2);
    private static final Address UPDATE = new Address(0, 0, Phase.SCATTER, 1, 0);
    /** Spark's number for a stream that is sent unasked. */
    private static final byte UPLOAD_STREAM = 10;
    private static final int LENGTH = 100;
    private static final int SECONDS = 20;

    @Override
    public String name() {
        return "update";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        byte[] header = SparkExchange.header(RUN, UPDATE).array();
        if (random.nextInt(3) == 0) {
            header = Mutations.bytes(header, random);
        }
        int body = random.nextInt(4) == 0 ? random.nextInt(4096) : 1 + Encoding.INT8.bytes(LENGTH);
        int framed = 8 + 1 + 8 + 4 + header.length + 8;
        byte[] message = ByteBuffer.allocate(framed + body).putLong(framed).put(UPLOAD_STREAM).putLong(random.nextLong())
                .putInt(header.length).put(header).putLong(body).array();
        Files.write(folder.resolve("message"), random.nextInt(3) == 0 ? Mutations.bytes(message, random) : message);
    }

    @Override
    public void read(Path folder) throws Exception {
        BarrierTask alone = new BarrierTask() {
            @Override
            public int shard() {
                return 0;
            }

            @Override
            public String[] all(String own) {
                return new String[] {own, own};
            }

            @Override
            public boolean isInterrupted() {
                return false;
            }
        };
        try (SparkExchange exchange =
                new SparkExchange(RUN, AllReduce.limits(2, LENGTH), 0, "127.0.0.1", new SparkConf(false), null, () -> alone)) {
            exchange.meet(0, true);
            send(exchange.address().split(":"), Files.readAllBytes(folder.resolve("message")));
            exchange.receive(UPDATE, (bytes, length) -> {});
        } catch (IllegalStateException e) {
            throw new InputError(e.getMessage(), e);
        }
    }

    /** Until the other side has seen the end. */
    private static void send(String[] where, byte[] message) throws IOException {
        try (Socket socket = new Socket(where[0], Integer.parseInt(where[1])); InputStream in = socket.getInputStream()) {
            socket.setSoTimeout(SECONDS * 1000);
            try {
                socket.getOutputStream().write(message);
                socket.shutdownOutput();
                in.readAllBytes();
            } catch (SocketException e) {
                // It has hung up, as it may.
            }
        }
    }
}
