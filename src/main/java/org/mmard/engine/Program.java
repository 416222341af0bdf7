package org.mmard.engine;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network as straight-line code over registers. Register 0 is the input; every other register is written once; the last op writes the
 * logits. The same program runs in train and in eval mode, over live parameters or over frozen ones.
 */
final class Program {
    private final List<Op> ops;
    /** The op after which a register is read no more. */
    private final int[] lastRead;
    private final boolean[] inPlace;

    Program(List<Op> ops) {
        this.ops = List.copyOf(ops);
        int registers = ops.stream().mapToInt(Op::output).max().orElse(0) + 1;
        lastRead = new int[registers];
        for (int i = 0; i < ops.size(); i++) {
            for (int input : ops.get(i).inputs()) {
                lastRead[input] = i;
            }
        }
        inPlace = new boolean[ops.size()];
        for (int i = 0; i < ops.size(); i++) {
            inPlace[i] = mayOverwrite(ops.get(i));
        }
    }

    List<Op> ops() {
        return ops;
    }

    /** The names of all weights that the ops read. */
    Set<String> weights() {
        Set<String> names = new LinkedHashSet<>();
        ops.forEach(op -> names.addAll(op.weights()));
        return names;
    }

    /** How many ops read a register. */
    long readers(int register) {
        return ops.stream().filter(op -> Arrays.stream(op.inputs()).anyMatch(i -> i == register)).count();
    }

    /** Computes an operation's result. */
    interface Step {
        /**
         * @param at the operation's place among {@link #ops}
         * @param overwrite whether the result may take the place of the operation's first input
         * @param registers what has been computed
         */
        Tensor apply(int at, boolean overwrite, Tensor[] registers);
    }

    /**
     * @param weights tensors by parameter name
     * @param input shape [examples, channels, height, width]
     * @param train batch statistics (and running statistics updated in place) instead of running ones
     * @return logits, shape [examples, classes]
     */
    Tensor run(Map<String, Tensor> weights, Tensor input, boolean train) {
        return run(input, (at, overwrite, registers) -> Profile.forward(part(ops.get(at)),
                () -> apply(ops.get(at), overwrite, registers, weights, train)));
    }

    /** The same, by somebody else's way of computing. */
    @SuppressWarnings("ReferenceEquality") // an operation may give back what it was given
    Tensor run(Tensor input, Step step) {
        Tensor[] registers = new Tensor[lastRead.length];
        registers[0] = input;
        Tensor result = input;
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            result = step.apply(i, inPlace[i], registers);
            registers[op.output()] = result;
            for (int read : op.inputs()) {
                // The network's peak memory is two layers' activations, not all of them: what autograd needs later, it holds itself.
                if (lastRead[read] == i && read != 0 && registers[read] != null && registers[read] != result) {
                    registers[read].close();
                    registers[read] = null;
                }
            }
        }
        return result;
    }

    /** As what the time of an operation counts. */
    static Profile.Part part(Op op) {
        if (op instanceof Op.Convolution) {
            return Profile.Part.CONVOLUTION;
        }
        if (op instanceof Op.BatchNorm) {
            return Profile.Part.BATCH_NORM;
        }
        return op instanceof Op.GlobalMean || op instanceof Op.Dense ? Profile.Part.HEAD : Profile.Part.ELEMENT_WISE;
    }

    /**
     * One operation's result.
     *
     * @param overwrite whether ReLU and addition put it in the place of their first input
     */
    static Tensor apply(Op op, boolean overwrite, Tensor[] registers, Map<String, Tensor> weights, boolean train) {
        if (op instanceof Op.Convolution c) {
            Tensor input = registers[c.input()];
            Tensor bias = c.bias() == null ? null : weights.get(c.bias());
            return Kernels.convolve(c, input, like(input, Folding.weight(weights, c.weight())), bias == null ? null : like(input, bias));
        }
        if (op instanceof Op.BatchNorm n) {
            return torch.batch_norm(registers[n.input()], optional(weights, n.layer() + "_gamma"), optional(weights, n.layer() + "_beta"),
                    optional(weights, n.layer() + "_mean"), optional(weights, n.layer() + "_var"), train, n.momentum(), n.epsilon(), false);
        }
        if (op instanceof Op.Relu r) {
            Tensor input = registers[r.input()];
            if (overwrite) {
                torch.relu_(input);
                return input;
            }
            return torch.relu(input);
        }
        if (op instanceof Op.Swish s) {
            return torch.silu(registers[s.input()]);
        }
        if (op instanceof Op.Pad p) {
            return torch.constant_pad_nd(registers[p.input()], p.zeros());
        }
        if (op instanceof Op.Add a) {
            Tensor left = registers[a.left()];
            Tensor right = registers[a.right()];
            if (overwrite) {
                left.add_(right);
                return left;
            }
            return left.add(right);
        }
        if (op instanceof Op.GlobalMean m) {
            return registers[m.input()].mean(new long[] {2, 3}, false, new ScalarTypeOptional(ScalarType.Float));
        }
        Op.Dense d = (Op.Dense) op;
        return torch.linear(registers[d.input()], weights.get(d.weight()), optional(weights, d.bias()));
    }

    /** A convolution's parameter in the type and layout of what it reads: a live one may be float32 among activations in bfloat16. */
    private static Tensor like(Tensor input, Tensor parameter) {
        ScalarType type = input.scalar_type().intern();
        if (parameter.scalar_type().intern() == type) {
            return parameter;
        }
        Tensor rounded = parameter.to(type);
        return parameter.dim() == 4 ? rounded.contiguous(MemoryFormat.ChannelsLast) : rounded;
    }

    /**
     * ReLU and addition may overwrite their (first) input where nobody else reads it and its own gradient does not need its value: true of
     * what convolution, batch norm and addition produce, not of a ReLU's output or the network's input.
     */
    private boolean mayOverwrite(Op op) {
        if (!(op instanceof Op.Relu || op instanceof Op.Add) || readers(op.inputs()[0]) != 1) {
            return false;
        }
        return ops.stream().filter(producer -> producer.output() == op.inputs()[0])
                .anyMatch(producer -> producer instanceof Op.Convolution || producer instanceof Op.BatchNorm || producer instanceof Op.Add);
    }

    private static TensorOptional optional(Map<String, Tensor> weights, String name) {
        return new TensorOptional(weights.get(name));
    }
}
