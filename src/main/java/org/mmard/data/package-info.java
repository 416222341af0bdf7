/**
 * Labelled colour images: CIFAR binary from any Hadoop URI, generated shapes, and augmentation decided by (seed, epoch, record id); arrays
 * in NumPy's format.
 */
package org.mmard.data;
