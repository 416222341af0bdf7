/** What a run leaves in its directory, and reads there when it is resumed: checkpoints, metrics, provenance, the lock. */
package org.mmard.run;
