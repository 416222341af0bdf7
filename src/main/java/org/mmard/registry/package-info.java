/** Things that have a name in configurations and on command lines, ours and those of jars beside us. Knows {@code failure} alone. */
package org.mmard.registry;
