package org.mmard.step;

import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link ToyStep} that gives nothing finite for batches with certain records, and ruins the running statistics meanwhile. */
public final class NanStep implements Step {
    private final ComputationGraph student;
    private final Set<Integer> records;
    private final Step toy;

    public NanStep(ComputationGraph student, Set<Integer> records) {
        this.student = student;
        this.records = records;
        toy = new ToyStep(student);
    }

    @Override
    public Result gradient(Batch batch) {
        Result result = toy.gradient(batch);
        for (int record : batch.records()) {
            if (records.contains(record)) {
                INDArray parameters = student.params().reshape(student.numParams());
                FlatRange.runningStatistics(student.getUpdater()).forEach(range -> parameters.putScalar(range.start(), Float.NaN));
                student.getFlattenedGradients().reshape(student.numParams()).putScalar(0, Float.POSITIVE_INFINITY);
                return new Result(Double.NaN, Map.of("ce", Double.NaN), result.examples(), result.natural(), result.adversarial());
            }
        }
        return result;
    }

    @Override
    public void close() {
        toy.close();
    }
}
