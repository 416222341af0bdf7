/** What Spark's processes find on their hosts: GPUs, room, temporary folders. */
package org.mmard.spark.host;
