/** CIFAR binary from any Hadoop URI, generated shapes, augmentation, random streams; and arrays in NumPy's format. */
package org.mmard.data;
