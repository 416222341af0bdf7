/** Architectures as DL4J graph configurations, and model files. Knows {@code data} and {@code config}. */
package org.mmard.model;
