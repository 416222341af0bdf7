/** Terms over predictions: their value and their gradient with respect to logits. */
package org.mmard.loss;
