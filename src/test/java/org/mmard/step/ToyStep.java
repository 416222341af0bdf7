package org.mmard.step;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Softmax cross-entropy on the natural images, its gradient by DL4J's own layers: a step that needs no engine. */
public final class ToyStep implements Step {
    private final ComputationGraph student;

    public ToyStep(ComputationGraph student) {
        this.student = student;
    }

    @Override
    public Result gradient(Batch batch) {
        int n = batch.labels().length;
        INDArray x = Nd4j.createFromArray(batch.images()).reshape(n, ImageShape.CIFAR.channels(), ImageShape.CIFAR.height(),
                ImageShape.CIFAR.width());
        INDArray logits = student.feedForward(new INDArray[] {x}, true, false).get("logits");
        INDArray gradient = Transforms.softmax(logits, true);
        double loss = 0;
        int correct = 0;
        INDArray best = gradient.argMax(1);
        for (int i = 0; i < n; i++) {
            int label = batch.labels()[i];
            loss -= Math.log(Math.max(gradient.getDouble(i, label), 1e-12)) / n;
            correct += best.getInt(i) == label ? 1 : 0;
            gradient.putScalar(i, label, gradient.getDouble(i, label) - 1);
        }
        student.backpropGradient(gradient.divi(n));
        moveRunningStatistics();
        return new Result(loss, Map.of("ce", loss), n, correct, correct);
    }

    /** DL4J keeps the change of the running statistics in the gradient vector; a step applies it at once and leaves zeros. */
    private void moveRunningStatistics() {
        INDArray parameters = student.params().reshape(student.numParams());
        INDArray changes = student.getFlattenedGradients().reshape(student.numParams());
        for (FlatRange range : FlatRange.runningStatistics(student.getUpdater())) {
            var interval = NDArrayIndex.interval(range.start(), range.end());
            parameters.get(interval).subi(changes.get(interval));
            changes.get(interval).assign(0);
        }
    }

    @Override
    public void close() {}
}
