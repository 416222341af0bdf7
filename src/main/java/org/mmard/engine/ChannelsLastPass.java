package org.mmard.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.jspecify.annotations.Nullable;

/**
 * A train-mode pass whose activations lie channels last, as oneDNN's fast kernels want them. The same function as one of autograd's, but
 * batch norm ({@link BatchStatistics}), ReLU and addition go back by hand, in place where they can; every other operation has an autograd
 * of its own. In float32, on a processor.
 */
final class ChannelsLastPass implements TrainPass {
    private final List<Op> ops;
    private final Map<String, Tensor> weights;
    private final Tensor output;
    /** By place of the operation; none where no parameter lies on its way. */
    private final Map<Integer, Back> ways = new HashMap<>();
    /** By register; none where nobody asks for the gradient, as nobody does for the images'. */
    private final Map<Integer, GradientSum> gradients = new HashMap<>();

    /** The way back of one operation, once. */
    private interface Back {
        void from(GradientSum result);
    }

    /**
     * @param weights the live ones; those that have a gradient will find it added to that
     * @param images shape [examples, channels, height, width]
     */
    ChannelsLastPass(Program program, Map<String, Tensor> weights, Tensor images) {
        this.weights = weights;
        ops = program.ops();
        Tensor laid = Profile.time(Profile.Part.LAYOUT, () -> BatchStatistics.laid(images));
        try (NoGradGuard guard = new NoGradGuard()) {
            output = program.run(laid,
                    (at, overwrite, registers) -> Profile.time(Program.part(ops.get(at)), () -> apply(at, overwrite, registers)));
        }
    }

    @Override
    public Logits logits() {
        return LibTorch.logits(output);
    }

    @Override
    public void accumulate(Logits cotangent) {
        GradientSum last = gradients.get(ops.get(ops.size() - 1).output());
        if (last == null) {
            return;
        }
        last.add(LibTorch.tensor(cotangent));
        try (NoGradGuard guard = new NoGradGuard()) {
            for (int i = ops.size() - 1; i >= 0; i--) {
                Back way = ways.get(i);
                GradientSum gradient = gradients.get(ops.get(i).output());
                if (way != null && gradient != null) {
                    Profile.run(Program.part(ops.get(i)), () -> way.from(gradient));
                }
            }
        }
    }

    private Tensor apply(int at, boolean overwrite, Tensor[] registers) {
        Op op = ops.get(at);
        if (op instanceof Op.BatchNorm norm && registers[norm.input()].dim() == 4) {
            return normalise(at, norm, registers[norm.input()]);
        }
        if (op instanceof Op.Relu relu) {
            Tensor result = Program.apply(op, overwrite, registers, weights, true);
            GradientSum known = gradients.get(relu.input());
            if (known != null) {
                Tensor positive = new Tensor(result);
                goesBack(at, result, gradient -> {
                    Tensor whole = gradient.take();
                    GradientSum.keepPositive(whole, positive);
                    positive.close();
                    known.add(whole);
                });
            }
            return result;
        }
        if (op instanceof Op.Add add) {
            Tensor result = Program.apply(op, overwrite, registers, weights, true);
            GradientSum left = gradients.get(add.left());
            GradientSum right = gradients.get(add.right());
            if (left != null || right != null) {
                goesBack(at, result, gradient -> {
                    try (Tensor whole = gradient.read()) {
                        share(whole, left);
                        share(whole, right);
                    }
                });
            }
            return result;
        }
        return record(at, op, registers);
    }

    private Tensor normalise(int at, Op.BatchNorm norm, Tensor input) {
        BatchStatistics statistics = BatchStatistics.of(norm, weights, input);
        Tensor result = statistics.normalised();
        GradientSum known = gradients.get(norm.input());
        goesBack(at, result, gradient -> {
            try (statistics; Tensor whole = gradient.read(); Tensor laid = BatchStatistics.laid(whole)) {
                Tensor further = statistics.back(laid, known != null);
                if (known != null && further != null) {
                    known.add(further);
                }
            }
        });
        return result;
    }

    private static void share(Tensor gradient, @Nullable GradientSum to) {
        if (to != null) {
            to.share(gradient);
        }
    }

    /** An operation of one input by autograd. */
    private Tensor record(int at, Op op, Tensor[] registers) {
        int input = op.inputs()[0];
        GradientSum known = gradients.get(input);
        Tensor leaf = registers[input].detach();
        leaf.set_requires_grad(known != null);
        Tensor[] own = registers.clone();
        own[input] = leaf;
        try (AutoGradMode recording = new AutoGradMode(true)) {
            Tensor result = Program.apply(op, false, own, weights, true);
            if (result.requires_grad()) {
                goesBack(at, result, gradient -> {
                    try (leaf; result; Tensor whole = gradient.read()) {
                        result.backward(whole, new BoolOptional(), false, new TensorArrayRefOptional());
                        if (known != null) {
                            known.add(new Tensor(leaf.grad()));
                        }
                    }
                });
            }
            return result.detach();
        }
    }

    private void goesBack(int at, Tensor result, Back way) {
        ways.put(at, way);
        gradients.put(ops.get(at).output(), new GradientSum(result.shape()));
    }
}
