/** Adversarial examples inside the L-infinity ball. */
package org.mmard.attack;
