/** Reads what runs, grids and evaluations left behind, and draws it as one HTML page. */
package org.mmard.report;
