package org.mmard.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A program's operations with additions and ReLUs drawn into the convolutions right before them. */
final class Fusion {
    private Fusion() {}

    /**
     * An operation, or a convolution with what comes right behind it: f(convolution + added), f being ReLU or nothing.
     *
     * @param op the operation; the convolution
     * @param added the register that is added to the convolution, -1 for none
     * @param relu whether ReLU comes last
     * @param output where the result goes
     */
    record Layer(Op op, int added, boolean relu, int output) {
        private static final int NONE = -1;

        boolean adds() {
            return added != NONE;
        }

        /** The registers that it reads. */
        int[] inputs() {
            return adds() ? new int[] {op.inputs()[0], added} : op.inputs();
        }
    }

    /** In an order in which they can compute. */
    static List<Layer> layers(Program program) {
        List<Layer> layers = new ArrayList<>();
        for (Op op : program.ops()) {
            Layer fused = null;
            Layer before = null;
            if (op instanceof Op.Add add) {
                before = summand(program, layers, add);
                fused = before == null ? null
                        : new Layer(before.op, before.output == add.left() ? add.right() : add.left(), false, add.output());
            } else if (op instanceof Op.Relu relu) {
                before = convolution(program, layers, relu.input());
                fused = before == null ? null : new Layer(before.op, before.added, true, relu.output());
            }
            layers.remove(before);
            layers.add(fused == null ? new Layer(op, Layer.NONE, false, op.output()) : fused);
        }
        return List.copyOf(layers);
    }

    /** Which of an addition's two registers is a convolution that can do the adding: of two the one that ends a residual's main path. */
    private static @Nullable Layer summand(Program program, List<Layer> layers, Op.Add add) {
        if (add.left() == add.right()) {
            return null;
        }
        Layer left = summing(convolution(program, layers, add.left()));
        Layer right = summing(convolution(program, layers, add.right()));
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        // A projection of a shortcut has padding 0.
        return padding(right) > padding(left) ? right : left;
    }

    /** One that can add something: once, and oneDNN's depthwise ones cannot. */
    private static @Nullable Layer summing(@Nullable Layer convolution) {
        return convolution == null || convolution.adds() || ((Op.Convolution) convolution.op).groups() > 1 ? null : convolution;
    }

    private static long padding(Layer convolution) {
        return ((Op.Convolution) convolution.op).padding()[0];
    }

    /** The convolution that writes a register for one reader alone; null where something else does, or ReLU is in it already. */
    private static @Nullable Layer convolution(Program program, List<Layer> layers, int register) {
        if (program.readers(register) != 1) {
            return null;
        }
        return layers.stream().filter(layer -> layer.output == register && layer.op instanceof Op.Convolution && !layer.relu).findFirst()
                .orElse(null);
    }
}
