package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;

class OutlineTest {
    @Test
    void namesEachLayerWithItsShapeAndParameters() {
        assertEquals(List.of(
                new Outline.Row("conv1", "convolution 3x3", List.of(4L, 32L, 32L), 108, 0),
                new Outline.Row("bn1", "batch norm", List.of(4L, 32L, 32L), 8, 8),
                new Outline.Row("relu1", "relu", List.of(4L, 32L, 32L), 0, 0),
                new Outline.Row("conv2", "convolution 3x3, stride 2", List.of(6L, 16L, 16L), 216, 0),
                new Outline.Row("bn2", "batch norm", List.of(6L, 16L, 16L), 12, 12),
                new Outline.Row("relu2", "relu", List.of(6L, 16L, 16L), 0, 0),
                new Outline.Row("pool", "global avg", List.of(6L), 0, 0),
                new Outline.Row("logits", "dense", List.of(3L), 21, 0)),
                Outline.of(Architectures.of("cnn-4-6", 3, 1), ImageShape.CIFAR).rows());
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet8", "resnet18"})
    void countsEveryParameterOfTheGraphOnce(String name) {
        Outline outline = Outline.of(Architectures.of(name, 10, 1), ImageShape.CIFAR);
        assertEquals(Architectures.network(name, 10, 1).numParams(), outline.trainable() + outline.statistics());
    }
}
