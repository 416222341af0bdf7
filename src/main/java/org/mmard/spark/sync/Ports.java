package org.mmard.spark.sync;

import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.mmard.failure.InputError;

/**
 * The TCP ports on which executors listen for each other's updates: any free one, or, so that a firewall can be written, one of the range
 * that the Spark property {@value #RANGE} gives. Several executors may share a host.
 *
 * @param first 0 for any
 */
public record Ports(int first, int last) {
    /** Name of the property: {@code FIRST-LAST}, both included. */
    public static final String RANGE = "spark.mmard.ports";

    private static final Pattern FORM = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    /** @throws InputError where the property is no range of ports */
    public static Ports of(SparkConf conf) {
        String range = conf.get(RANGE, null);
        if (range == null) {
            return new Ports(0, 0);
        }
        Matcher form = FORM.matcher(range.strip());
        if (form.matches()) {
            int first = Integer.parseInt(form.group(1));
            int last = Integer.parseInt(form.group(2));
            if (first >= 1024 && first <= last && last <= 65535) {
                return new Ports(first, last);
            }
        }
        throw new InputError(RANGE + " is " + range + ": give two ports from 1024 to 65535, the lower one first, such as 40100-40131");
    }

    /**
     * Listens on the first port that is free.
     *
     * @param server throws where its port is taken
     * @throws IllegalStateException where all are
     */
    <T> T listen(IntFunction<T> server) {
        for (int port = first;; port++) {
            try {
                return server.apply(port);
            } catch (Exception e) {
                // Netty throws a BindException without declaring it.
                if (port >= last) {
                    throw new IllegalStateException((first == 0 ? "no TCP port can be listened on"
                            : "no TCP port of " + RANGE + " = " + first + "-" + last + " is free on this host") + " (" + e.getMessage()
                            + ")", e);
                }
            }
        }
    }
}
