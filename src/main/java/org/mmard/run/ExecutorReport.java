package org.mmard.run;

/**
 * What one executor did in an epoch.
 *
 * @param seconds spent in its steps
 * @param device null in what older versions wrote
 */
public record ExecutorReport(String host, String device, long minibatches, long images, double seconds) {}
