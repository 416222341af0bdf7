/**
 * How N students stay one. Training goes in {@link org.mmard.spark.sync.Rounds rounds}: every executor takes a step on a minibatch of its
 * own, and the sum of all updates is subtracted from every replica before the next one. {@link org.mmard.spark.sync.AllReduce} forms that
 * sum, each executor a {@link org.mmard.spark.sync.Slices slice} of it, in few bytes by an {@link org.mmard.spark.sync.Encoding}, over an
 * {@link org.mmard.spark.sync.Exchange}: {@link org.mmard.spark.sync.MemoryExchange} within a process,
 * {@link org.mmard.spark.sync.SparkExchange} between executors. {@link org.mmard.spark.sync.Lockstep} is what DL4J sees of it all. Nothing
 * here starts a job, and nothing outside knows a message.
 */
package org.mmard.spark.sync;
