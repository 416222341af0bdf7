/** Inner objective and outer loss make a method: the registry of names, any inner with any outer. */
package org.mmard.method;
