/** Measures the training code as it runs, for docs/benchmarks.md and for comparison with other codes side by side. */
package org.mmard.bench;
