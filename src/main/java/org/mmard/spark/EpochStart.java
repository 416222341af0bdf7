package org.mmard.spark;

import java.io.Serializable;

/**
 * What a task must know of its epoch.
 *
 * @param introduce whether executors may meet that have not met before; @param tally where the steps are counted
 */
record EpochStart(int epoch, boolean introduce, EpochTally tally) implements Serializable {}
