/** A training run from its first epoch to its last, over interruptions and failures, without a word about Spark. */
package org.mmard.train;
