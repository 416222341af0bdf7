/**
 * Mutated inputs for every reader of files from elsewhere. A reader takes part as one class, {@link org.mmard.fuzz.FuzzedReader}, and its
 * line in {@link org.mmard.fuzz.FuzzedReaders}.
 */
package org.mmard.fuzz;
