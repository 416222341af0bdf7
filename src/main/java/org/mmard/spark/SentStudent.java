package org.mmard.spark;

import java.io.Serializable;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.jspecify.annotations.Nullable;
import org.mmard.model.FlatVector;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J broadcasts of a network, serialised as plain bytes: ND4J's arrays write and read themselves value by value. */
final class SentStudent extends NetBroadcastTuple {
    private static final long serialVersionUID = 1L;

    private SentStudent(ComputationGraph student, @Nullable INDArray velocity) {
        super(student.getConfiguration(), student.params(), velocity);
    }

    /** A network to go on training. */
    static SentStudent withVelocity(ComputationGraph student) {
        return new SentStudent(student, student.getUpdater().getStateViewArray());
    }

    /** A network to look at. */
    static SentStudent withoutVelocity(ComputationGraph student) {
        return new SentStudent(student, null);
    }

    private Object writeReplace() {
        return new Plain(getGraphConfiguration(), Plain.bytes(getParameters()),
                getUpdaterState() == null ? null : Plain.bytes(getUpdaterState()));
    }

    /**
     * As it travels, in the byte order that all processors have for which there are libraries. Java serialises bytes several times as fast
     * as floats.
     */
    private record Plain(ComputationGraphConfiguration configuration, byte[] parameters, byte @Nullable [] velocity)
            implements Serializable {
        private Object readResolve() {
            return new NetBroadcastTuple(configuration, vector(parameters), velocity == null ? null : vector(velocity));
        }

        private static byte[] bytes(INDArray vector) {
            byte[] copy = new byte[Math.toIntExact(Float.BYTES * vector.length())];
            FlatVector.use(vector, bytes -> bytes.get(copy));
            return copy;
        }

        private static INDArray vector(byte[] values) {
            INDArray vector = Nd4j.createUninitialized(DataType.FLOAT, 1, values.length / Float.BYTES);
            FlatVector.use(vector, bytes -> bytes.put(values));
            return vector;
        }
    }
}
