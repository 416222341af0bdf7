package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TransferTest {
    private final Device before = Device.current();

    @AfterEach
    void back() {
        Device.use(before);
    }

    @Test
    void onTheProcessorAVectorAndItsTensorAreOne() {
        Device.use(Device.HOST);
        INDArray array = Nd4j.createFromArray(1f, 2f, 3f);
        try (DeviceVector vector = new DeviceVector(array)) {
            array.putScalar(1, 7);
            assertArrayEquals(new float[] {1, 7, 3}, LibTorch.values(vector.tensor()));
            vector.tensor().zero_();
            assertArrayEquals(new float[3], array.toFloatVector());
        }
    }

    @Test
    void elsewhereEachSideSeesTheOthersValuesAfterATransferOnly() {
        Device.use(Device.COPYING);
        INDArray array = Nd4j.createFromArray(1f, 2f, 3f, 4f);
        try (DeviceVector vector = new DeviceVector(array); PointerScope scope = new PointerScope()) {
            array.putScalar(1, 7);
            assertArrayEquals(new float[] {1, 2, 3, 4}, LibTorch.values(vector.tensor()));
            vector.upload();
            assertArrayEquals(new float[] {1, 7, 3, 4}, LibTorch.values(vector.tensor()));
            vector.tensor().mul_(new org.bytedeco.pytorch.Scalar(2.0));
            assertArrayEquals(new float[] {1, 7, 3, 4}, array.toFloatVector());
            vector.download(List.of(new DeviceVector.Range(0, 1), new DeviceVector.Range(2, 1)));
            assertArrayEquals(new float[] {2, 7, 6, 4}, array.toFloatVector());
            vector.download();
            assertArrayEquals(new float[] {2, 14, 6, 8}, array.toFloatVector());
        }
    }

    /** A view into a longer vector, as a graph's parameters may be. */
    @Test
    void aViewOfAVectorIsTransferredFromItsOwnPlace() {
        Device.use(Device.COPYING);
        INDArray whole = Nd4j.arange(0, 10).castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
        INDArray part = whole.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(4, 7));
        try (DeviceVector vector = new DeviceVector(part)) {
            assertArrayEquals(new float[] {4, 5, 6}, LibTorch.values(vector.tensor()));
            vector.tensor().zero_();
            vector.download();
            assertArrayEquals(new float[] {0, 1, 2, 3, 0, 0, 0, 7, 8, 9}, whole.toFloatVector());
        }
    }

    @Test
    void networkRunsOnWhatWasUploadedLast() {
        Device.use(Device.COPYING);
        ComputationGraph graph = Architectures.network("cnn-8", 10, 1);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            Tensor images = LibTorch.images(ImageShape.CIFAR, new float[2 * 3072]);
            images.add_(new org.bytedeco.pytorch.Scalar(0.5));
            double[] first = network.train(images).logits().values();
            graph.getParam("logits_b").addi(1);
            assertArrayEquals(first, network.train(images).logits().values());
            network.upload();
            assertEquals(first[3] + 1, network.train(images).logits().values()[3], 1e-5);
        }
    }

    @Test
    void imagesThatTheHostWritesAreOnTheDeviceWhenAskedFor() {
        for (Device device : new Device[] {Device.HOST, Device.COPYING}) {
            Device.use(device);
            try (PointerScope scope = new PointerScope()) {
                HostImages images = new HostImages(ImageShape.CIFAR, new float[2 * 3072]);
                images.pixels().put(3071, 0.25f);
                Tensor first = images.first(1);
                assertEquals(0.25f, LibTorch.values(first)[3071]);
                images.pixels().put(3071, 0.75f);
                assertEquals(0.75f, LibTorch.values(images.first(2))[3071]);
                assertEquals(device == Device.HOST ? 0.75f : 0.25f, LibTorch.values(first)[3071]);
            }
        }
    }

    @Test
    void copiesAreTimedAndCounted() {
        Device.use(Device.COPYING);
        try (PointerScope scope = new PointerScope()) {
            LibTorch.Copies copies = LibTorch.copies(() -> LibTorch.values(LibTorch.images(ImageShape.CIFAR, new float[3072])));
            assertEquals(2 * 4 * 3072, copies.bytes());
            assertTrue(copies.seconds() > 0);
        }
    }

    /** On a GPU a tensor's address is no address of the host's: whoever reads it there takes the process down. */
    @Test
    void nothingElseLooksIntoATensorsMemory() throws IOException {
        Pattern looks = Pattern.compile("data_ptr|item_\\w+\\(|from_blob|createBuffer|createTypedBuffer|set_device|\\.cuda\\(|is_cuda");
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source : sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                String text = Files.readString(source);
                boolean mayLook = List.of("Transfer.java", "LibTorch.java").contains(source.getFileName().toString());
                assertFalse(!mayLook && looks.matcher(text).find(), source + " looks into a tensor's memory: engine.Transfer does that");
            }
        }
    }
}
