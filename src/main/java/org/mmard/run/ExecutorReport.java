package org.mmard.run;

import org.jspecify.annotations.Nullable;

/**
 * What one executor did in an epoch.
 *
 * @param seconds spent in its steps
 * @param device null in what older versions wrote
 */
public record ExecutorReport(String host, @Nullable String device, long minibatches, long images, double seconds) {}
