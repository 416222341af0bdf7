package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.junit.jupiter.api.Test;
import org.mmard.model.Architectures;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

class SentStudentTest {
    private final ComputationGraph student = Architectures.network("cnn-4-8", 10, 1);

    private static NetBroadcastTuple received(SentStudent sent) {
        ClassTag<Object> any = ClassTag$.MODULE$.apply(Object.class);
        SerializerInstance java = new JavaSerializer(new SparkConf(false)).newInstance();
        return (NetBroadcastTuple) java.<Object>deserialize(java.serialize(sent, any), any);
    }

    @Test
    void parametersAndVelocityArriveToTheBit() {
        student.getUpdater().getStateViewArray().assign(student.params().meanNumber()).addi(0.1);
        NetBroadcastTuple received = received(SentStudent.withVelocity(student));
        assertEquals(student.getConfiguration(), received.getGraphConfiguration());
        assertArrayEquals(student.params().toFloatVector(), received.getParameters().toFloatVector());
        assertArrayEquals(student.getUpdater().getStateViewArray().toFloatVector(), received.getUpdaterState().toFloatVector());
    }

    @Test
    void aNetworkToLookAtHasNoVelocity() {
        NetBroadcastTuple received = received(SentStudent.withoutVelocity(student));
        assertArrayEquals(student.params().toFloatVector(), received.getParameters().toFloatVector());
        assertNull(received.getUpdaterState());
    }
}
