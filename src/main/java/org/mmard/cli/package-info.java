/** The commands. Parses, validates, calls the rooms below, prints. */
package org.mmard.cli;
