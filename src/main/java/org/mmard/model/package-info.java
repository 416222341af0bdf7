/** Architectures as DL4J graph configurations, model files, and weights from PyTorch. Knows {@code data} and {@code config}. */
package org.mmard.model;
