/** Data sets as others publish them, read record by record for {@code mmard data import}. */
package org.mmard.data.importing;
