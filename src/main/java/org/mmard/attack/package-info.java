/** Adversarial examples inside the L-infinity ball, and what a model makes of them. */
package org.mmard.attack;
