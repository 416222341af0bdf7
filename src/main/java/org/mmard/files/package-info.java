/**
 * Files that can be trusted, on any Hadoop filesystem: whole or not there, tried again, with checksums; archives and JSON that may be
 * anybody's. Knows {@code failure} alone.
 */
package org.mmard.files;
