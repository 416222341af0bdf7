/** The only room that knows Spark's scheduler and dl4j-spark: driver, synchronised training, executor watch, distributed evaluation. */
package org.mmard.spark;
