/** Typed settings read from HOCON; every error names the key and the place it came from. Knows no other room. */
package org.mmard.config;
