/**
 * What can be done here, as programs call it: {@link org.mmard.app.Training}, {@link org.mmard.app.ModelEvaluation}, {@link org.mmard.app.Grid},
 * {@link org.mmard.app.RunReport}, {@link org.mmard.app.PublishedStudents}; checkpoints are {@link org.mmard.run.CheckpointFiles}. Prints
 * nothing: whoever wants to know how far something is gives a listener.
 */
package org.mmard.app;
