package org.mmard.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.mmard.config.InputError;
import org.nd4j.parameterserver.distributed.v2.transport.PortSupplier;

/**
 * The UDP port of this JVM's parameter server, the same for as long as the JVM lives: several executors may share a host, and DL4J asks more than
 * once. Any free one, or, so that a firewall can be written, one of the range that the Spark property {@code spark.mmard.ports} gives to driver
 * and executors.
 */
final class FreePort implements PortSupplier {
    /** Name of the property: {@code FIRST-LAST}, both included. */
    static final String RANGE = "spark.mmard.ports";

    private static final long serialVersionUID = 1L;
    private static final Pattern FORM = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    private static int port;
    /** Between our looking and Aeron's binding, another JVM of this host could look, too: whoever holds the TCP port of that number has taken it. */
    private static ServerSocket claim;

    private final int first;
    private final int last;

    private FreePort(int first, int last) {
        this.first = first;
        this.last = last;
    }

    /** @throws InputError where the property is no range of ports */
    static FreePort of(SparkConf conf) {
        String range = conf.get(RANGE, null);
        if (range == null) {
            return new FreePort(0, 0);
        }
        Matcher form = FORM.matcher(range.strip());
        if (form.matches()) {
            int first = Integer.parseInt(form.group(1));
            int last = Integer.parseInt(form.group(2));
            if (first >= 1024 && first <= last && last <= 65535) {
                return new FreePort(first, last);
            }
        }
        throw new InputError(RANGE + " is " + range + ": give two ports from 1024 to 65535, the lower one first, such as 40100-40131");
    }

    @Override
    public int getPort() {
        synchronized (FreePort.class) {
            if (port == 0) {
                port = first == 0 ? any() : claimed();
            }
            return port;
        }
    }

    private static int any() {
        try (DatagramSocket socket = new DatagramSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free UDP port", e);
        }
    }

    private int claimed() {
        IOException refused = null;
        for (int candidate = first; candidate <= last; candidate++) {
            try {
                ServerSocket held = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress());
                try (DatagramSocket socket = new DatagramSocket(candidate)) {
                    claim = held;
                    return socket.getLocalPort();
                } catch (IOException e) {
                    refused = e;
                    held.close();
                }
            } catch (IOException e) {
                refused = e;
            }
        }
        throw new UncheckedIOException("no UDP port of " + RANGE + " = " + first + "-" + last + " is free on this host", refused);
    }
}
