/**
 * The same training as a Spark ML {@code Estimator}, for pipelines and for PySpark. Nothing else knows this room, and without Spark's SQL and
 * MLlib, which clusters have and a plain training does not need, it is simply not used.
 */
package org.mmard.ml;
