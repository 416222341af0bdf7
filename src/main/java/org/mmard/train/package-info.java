/** One training run, without a word about Spark: the step, the updater and its schedule, checkpoints, metrics, the run directory. */
package org.mmard.train;
