package org.mmard.config;

import java.util.Map;
import java.util.Optional;

/** Keys of earlier versions, and what has taken their place. */
public final class RetiredKeys {
    private static final String ENCODING = "cluster.encoding says how updates are written down now (int8, bfloat16 or exact)";
    private static final Map<String, String> INSTEAD = Map.of(
            "cluster.threshold", ENCODING, "cluster.threshold.algorithm", ENCODING, "cluster.threshold.value", ENCODING,
            "cluster.threshold.passes", ENCODING,
            "cluster.network-mask", "updates take the addresses that Spark gives its executors (SPARK_LOCAL_IP on each host)");

    private RetiredKeys() {}

    /** What there is instead of a key that is gone; nothing for any other. */
    public static Optional<String> instead(String key) {
        return Optional.ofNullable(INSTEAD.get(key));
    }
}
