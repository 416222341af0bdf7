package org.mmard.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * Executes a DL4J graph on LibTorch. On the processor it runs over the graph's own flat parameter and gradient vectors: nothing is copied.
 * A GPU has a copy of each; {@link #upload} and the two downloads are the only times at which the sides meet, and whoever uses a network
 * calls them on every device, where memory is shared to no effect.
 *
 * <p>The entries of the gradient vector that belong to running means and variances are never written: they stay as {@link #zeroGradient}
 * left them, zero. The running statistics themselves move in place at each train-mode forward, as PyTorch's do (momentum 1 - decay,
 * variance unbiased).
 *
 * <p>Not safe for several threads at once. Call within a {@link PointerScope}; close when done.
 */
public final class TorchNetwork implements AutoCloseable {
    /** DL4J keeps depthwise weights [height, width, channels, 1], PyTorch [channels, 1, height, width]. */
    private static final long[] DEPTHWISE_FROM_DL4J = {2, 3, 0, 1};

    private final ComputationGraph graph;
    private final Program program;
    private final Program folded;
    private final INDArray gradientVector;
    private final long parametersAddress;
    private final DeviceVector parameters;
    private final DeviceVector gradient;
    private final List<DeviceVector.Range> statistics = new ArrayList<>();
    /** Views of the parameter vector without gradient, and twins whose {@code grad} is a view of the gradient vector. */
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final Map<String, Tensor> trainable = new LinkedHashMap<>();
    private final List<Tensor> held = new ArrayList<>();
    private final int classes;

    /**
     * @param graph initialised; its flat vectors must stay where they are for as long as this object is used
     * @throws org.mmard.failure.InputError naming the vertex, where the graph holds something the engine does not run
     */
    public TorchNetwork(ComputationGraph graph) {
        this.graph = graph;
        program = Compiler.compile(graph);
        folded = Folding.fold(program);
        if (graph.getGradientsViewArray() == null) {
            graph.initGradientsView();
        }
        gradientVector = graph.getGradientsViewArray();
        parametersAddress = Transfer.address(graph.params());
        parameters = new DeviceVector(graph.params());
        gradient = new DeviceVector(gradientVector);
        Set<String> depthwise = program.ops().stream().filter(op -> op instanceof Op.Convolution c && c.groups() > 1)
                .map(op -> ((Op.Convolution) op).weight()).collect(Collectors.toSet());
        try (PointerScope scope = new PointerScope()) {
            Tensor flat = parameters.tensor();
            for (Map.Entry<String, INDArray> entry : graph.paramTable().entrySet()) {
                String name = entry.getKey();
                INDArray view = entry.getValue();
                UnaryOperator<Tensor> shaped = values -> depthwise.contains(name)
                        ? values.view(view.shape()).permute(DEPTHWISE_FROM_DL4J) : values.view(torchShape(view));
                long offset = (Transfer.address(view) - parametersAddress) / Float.BYTES;
                weights.put(name, hold(shaped.apply(flat.narrow(0, offset, view.length())).detach()));
                Tensor twin = hold(shaped.apply(flat.narrow(0, offset, view.length())).detach());
                if (isRunningStatistic(name)) {
                    statistics.add(new DeviceVector.Range(offset, view.length()));
                } else if (!isFixed(name)) {
                    twin.set_requires_grad(true);
                    twin.mutable_grad().put(shaped.apply(gradient.tensor().narrow(0, offset, view.length())).detach());
                }
                trainable.put(name, twin);
            }
        }
        Op.Dense last = (Op.Dense) program.ops().stream().filter(Op.Dense.class::isInstance).reduce((a, b) -> b)
                .orElseThrow(() -> new org.mmard.failure.InputError("the network has no dense layer to give logits"));
        classes = Math.toIntExact(Folding.weight(weights, last.weight()).size(0));
    }

    public int classes() {
        return classes;
    }

    /** How many numbers training changes: running means and variances are not among them, nor what normalises the images. */
    public long trainableParameters() {
        return trainable.entrySet().stream().filter(entry -> !isFixed(entry.getKey()))
                .mapToLong(entry -> entry.getValue().numel()).sum();
    }

    /** Whether DL4J's updaters leave a parameter as it is: running statistics, and what normalises the images. */
    private boolean isFixed(String parameter) {
        int at = parameter.lastIndexOf('_');
        return graph.getLayer(parameter.substring(0, at)).conf().getLayer().getUpdaterByParam(parameter.substring(at + 1)) instanceof NoOp;
    }

    /** True for the parameters of batch norm that are statistics, not weights: {@code <layer>_mean} and {@code <layer>_var}. */
    public static boolean isRunningStatistic(String parameter) {
        return parameter.endsWith("_mean") || parameter.endsWith("_var");
    }

    /** A snapshot of a graph as a classifier, with every compile pass: for whoever has nothing else to do with it. Close it. */
    public static Classifier frozen(ComputationGraph graph) {
        try (TorchNetwork network = new TorchNetwork(graph)) {
            return network.freeze(CompilePasses.ALL);
        }
    }

    /**
     * The network as it is now, in eval mode: a snapshot, which shares nothing with the graph. It outlives the current scope: close it.
     */
    public Classifier freeze(CompilePasses passes) {
        return freeze(passes, Precision.FLOAT32);
    }

    /** As above, in another precision. Images, logits and input gradients remain float32. */
    public Classifier freeze(CompilePasses passes, Precision precision) {
        checkBinding();
        return Profile.time(Profile.Part.SNAPSHOT, () -> snapshot(passes, precision));
    }

    private Classifier snapshot(CompilePasses passes, Precision precision) {
        try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
            Program frozen = passes.foldBatchNorm() ? folded : program;
            Map<String, Tensor> available = passes.foldBatchNorm() ? Folding.weights(program, weights) : weights;
            Set<String> dense = new HashSet<>();
            frozen.ops().stream().filter(Op.Dense.class::isInstance).forEach(op -> dense.addAll(op.weights()));
            Map<String, Tensor> kept = new HashMap<>();
            for (String name : frozen.weights()) {
                Tensor tensor = Folding.weight(available, name);
                Tensor own = tensor.clone();
                // A dense layer is a small part of the work, and the last to round: it stays as it is.
                Tensor rounded = precision == Precision.BFLOAT16 && !dense.contains(name) ? own.to(ScalarType.BFloat16) : own;
                Tensor laid = passes.channelsLast() && tensor.dim() == 4 ? rounded.contiguous(MemoryFormat.ChannelsLast) : rounded;
                laid.retainReference();
                kept.put(name, laid);
            }
            FrozenNetwork plain = new FrozenNetwork(frozen, kept, classes, passes.channelsLast(), precision, false, null);
            boolean fused = passes.fuse() && passes.channelsLast() && !Device.current().runsAhead() && OneDnn.present();
            return fused ? new FusedNetwork(plain, frozen, kept, precision) : plain;
        }
    }

    /**
     * The network as it is now, in eval mode, written out: for whoever puts it into another form. Good for as long as this network is open
     * and the current scope lasts.
     *
     * @param foldBatchNorm as {@link CompilePasses#foldBatchNorm} does
     */
    public Listing listing(boolean foldBatchNorm) {
        checkBinding();
        try (NoGradGuard guard = new NoGradGuard()) {
            Program listed = foldBatchNorm ? folded : program;
            Map<String, Tensor> available = foldBatchNorm ? Folding.weights(program, weights) : weights;
            Map<String, Tensor> read = new LinkedHashMap<>();
            listed.weights().forEach(name -> read.put(name, available.get(name)));
            return new Listing(listed.ops(), read);
        }
    }

    /**
     * The live network in train mode, without parameter gradient: every forward is on its batch's statistics and moves the running ones.
     * For attacks as some published codes make them, and to move running statistics. The result outlives the current scope: close it.
     */
    public Classifier onBatchStatistics(Precision precision) {
        checkBinding();
        Map<String, Tensor> kept = new HashMap<>();
        for (String name : program.weights()) {
            Tensor tensor = Folding.weight(weights, name);
            tensor.retainReference();
            kept.put(name, tensor);
        }
        return new FrozenNetwork(program, kept, classes, precision == Precision.BFLOAT16, precision, true, parameters);
    }

    /** Takes the graph's parameters as they are now: to be called when somebody else has written them, and so before every step. */
    public void upload() {
        checkBinding();
        parameters.upload();
    }

    /** Writes what has been accumulated into the graph's gradient vector. */
    public void downloadGradient() {
        gradient.download();
    }

    /** Writes the running statistics as they are now into the graph's parameter vector. */
    public void downloadStatistics() {
        parameters.download(statistics);
    }

    /** Sets the whole gradient to zero. */
    public void zeroGradient() {
        gradient.tensor().zero_();
    }

    /** A forward pass in train mode: batch statistics, and the running ones move. */
    public TrainPass train(Tensor images) {
        return train(images, Precision.FLOAT32, true);
    }

    /**
     * As above, activations and their gradients in another precision; parameters, their gradient and statistics remain float32.
     *
     * @param channelsLast how activations lie on a processor in float32; in bfloat16 they always lie channels last
     */
    public TrainPass train(Tensor images, Precision precision, boolean channelsLast) {
        checkBinding();
        if (precision == Precision.FLOAT32) {
            return channelsLast && !Device.current().runsAhead() ? new ChannelsLastPass(program, trainable, images) : autograd(images);
        }
        return autograd(Profile.time(Profile.Part.LAYOUT, () -> images.to(ScalarType.BFloat16).contiguous(MemoryFormat.ChannelsLast)));
    }

    /** By autograd over the whole program. */
    TrainPass autograd(Tensor images) {
        return new AutogradPass(program.run(trainable, images, true));
    }

    @Override
    public void close() {
        held.forEach(Tensor::releaseReference);
        held.clear();
        gradient.close();
        parameters.close();
    }

    private void checkBinding() {
        if (Transfer.address(graph.params()) != parametersAddress || graph.getGradientsViewArray() != gradientVector) {
            throw new IllegalStateException("the graph's flat vectors were replaced after the engine was bound to them");
        }
    }

    private Tensor hold(Tensor tensor) {
        tensor.retainReference();
        held.add(tensor);
        return tensor;
    }

    /** DL4J keeps dense weights [in, out] in f order, which is the memory of [out, in] in c order. */
    private static long[] torchShape(INDArray view) {
        long[] shape = view.shape();
        if (view.ordering() == 'f' && shape.length == 2 && shape[0] != 1) {
            return new long[] {shape[1], shape[0]};
        }
        return shape.length == 2 && shape[0] == 1 ? new long[] {shape[1]} : shape;
    }

    private record AutogradPass(Tensor output) implements TrainPass {
        @Override
        public Logits logits() {
            return LibTorch.logits(output);
        }

        @Override
        public void accumulate(Logits cotangent) {
            Tensor weighted = LibTorch.tensor(cotangent);
            Profile.backward(() -> output.backward(weighted, new BoolOptional(), false, new TensorArrayRefOptional()));
        }
    }
}
