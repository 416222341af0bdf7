/**
 * Labelled 32x32 colour images: CIFAR binary from any Hadoop URI, generated shapes, and augmentation decided by (seed, epoch, record id);
 * arrays in NumPy's format. Knows only {@code config}.
 */
package org.mmard.data;
