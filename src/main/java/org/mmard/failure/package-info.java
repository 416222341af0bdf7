/**
 * Failures that are told in one line: the user's mistakes ({@code InputError}), what ends a run ({@code RunStopped}), and text that is safe
 * to print. Knows no other room.
 */
package org.mmard.failure;
