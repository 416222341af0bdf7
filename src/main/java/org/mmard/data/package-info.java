/**
 * Labelled images of any shape: data sets found by the format of their files, generated shapes, and augmentation decided by (seed, epoch,
 * record id); arrays in NumPy's format.
 */
package org.mmard.data;
