/**
 * One training step on one batch: adversarial examples, outer loss, parameter gradient, the updater and its schedule. Knows nothing of
 * runs, files or Spark.
 */
package org.mmard.step;
