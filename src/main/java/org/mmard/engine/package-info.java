/** Runs a network: logits, input gradient and parameter gradient of a DL4J graph, executed by LibTorch over DL4J's own vectors. */
package org.mmard.engine;
