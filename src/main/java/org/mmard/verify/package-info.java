/** Holds the engine, the losses, the attack and the update to the arrays of a fixture folder, which another implementation computed. */
package org.mmard.verify;
