/** Typed settings read from HOCON; every error names the key and the place it came from. */
package org.mmard.config;
