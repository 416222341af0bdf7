package org.mmard.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's convolutions with an addition and a ReLU in the same call, which LibTorch has for its own compiler (operators {@code mkldnn::*})
 * and therefore without a C++ function: they are called through its dispatcher. No autograd here.
 */
final class OneDnn {
    private static final String POINTWISE = "mkldnn::_convolution_pointwise";
    private static final String BINARY = "binary";

    /** Made once, for the life of the process: operators, and what their arguments have in common. */
    private static final class Calls {
        private static final OperatorHandle UNARY = operator(POINTWISE, "");
        private static final OperatorHandle ADDED = operator(POINTWISE, BINARY);
        private static final OperatorHandle ADDED_IN_PLACE = operator(POINTWISE + "_", BINARY);
        private static final OperatorHandle PACK = operator("mkldnn::_reorder_convolution_weight", "");
        private static final OperatorHandle TRANSPOSED = operator("mkldnn::_convolution_transpose_pointwise", "");
        private static final OperatorHandle PACK_TRANSPOSED = operator("mkldnn::_reorder_convolution_transpose_weight", "");
        /** Lists for operators have to come out of LibTorch's own compiler: one made by hand has no element type. */
        private static final CompilationUnit LISTS = kept(torch.compile("""
                def two(a: int, b: int):
                    return [a, b]
                def four(a: int, b: int, c: int, d: int):
                    return [a, b, c, d]
                def scalars():
                    a: List[Optional[number]] = []
                    return a
                """));
        private static final IValue NOTHING = kept(new IValue());
        private static final IValue NONE = kept(new IValue("none"));
        private static final IValue RELU = kept(new IValue("relu"));
        private static final IValue ADD = kept(new IValue("add"));
        private static final IValue NO_SCALARS = kept(function("scalars"));
        private static final Map<List<Long>, IValue> SIZES = new ConcurrentHashMap<>();

        private static OperatorHandle operator(String name, String overload) {
            return kept(Dispatcher.singleton().findSchemaOrThrow(name, overload));
        }

        private static IValue function(String name, IValue... arguments) {
            return LISTS.get_function(new QualifiedName(name)).apply(new IValueVector(arguments));
        }

        /** Networks have few of them: strides, padding, shapes. */
        static IValue sizes(long... sizes) {
            return SIZES.computeIfAbsent(Arrays.stream(sizes).boxed().toList(), key -> {
                IValue[] each = key.stream().map(IValue::new).toArray(IValue[]::new);
                return kept(function(each.length == 2 ? "two" : "four", each));
            });
        }

        private static <P extends org.bytedeco.javacpp.Pointer> P kept(P pointer) {
            return pointer.retainReference();
        }
    }

    private OneDnn() {}

    /** Whether this LibTorch has the operators, which came together with this one. */
    static boolean present() {
        try (PointerScope scope = new PointerScope()) {
            OperatorHandleOptional found = Dispatcher.singleton().findSchema(new OperatorName(POINTWISE, BINARY));
            return found.has_value() && torch.hasMKLDNN();
        }
    }

    /**
     * A convolution's numbers.
     *
     * @param groups 1, or as many as channels
     */
    record Geometry(long[] stride, long[] padding, long[] dilation, long groups) {}

    /**
     * The weight in the layout that oneDNN wants for inputs of a shape. Good for other shapes too, which may cost another reordering.
     *
     * @param weight shape [out, in / groups, kernel, kernel]
     * @param inputShape [examples, channels, height, width]
     */
    static Tensor packed(Tensor weight, Geometry g, long[] inputShape) {
        return call(Calls.PACK, weight, Calls.sizes(g.padding), Calls.sizes(g.stride), Calls.sizes(g.dilation), g.groups,
                Calls.sizes(inputShape));
    }

    /** f(convolution + bias), f being ReLU or nothing. */
    static Tensor convolve(Tensor input, Tensor weight, @Nullable Tensor bias, Geometry g, boolean relu) {
        return call(Calls.UNARY, input, weight, orNothing(bias), Calls.sizes(g.padding), Calls.sizes(g.stride), Calls.sizes(g.dilation),
                g.groups,
                relu ? Calls.RELU : Calls.NONE, Calls.NO_SCALARS, Calls.NOTHING);
    }

    /** f(convolution + bias + other), f being ReLU or nothing. */
    static Tensor convolveAndAdd(Tensor input, Tensor other, Tensor weight, @Nullable Tensor bias, Geometry g, boolean relu) {
        return call(Calls.ADDED, input, other, weight, orNothing(bias), Calls.sizes(g.padding), Calls.sizes(g.stride),
                Calls.sizes(g.dilation),
                g.groups, Calls.ADD, Calls.NOTHING, relu ? Calls.RELU : Calls.NOTHING, Calls.NO_SCALARS, Calls.NOTHING);
    }

    /** sum = f(convolution + bias + sum), f being ReLU or nothing. */
    static void convolveInto(Tensor sum, Tensor input, Tensor weight, @Nullable Tensor bias, Geometry g, boolean relu) {
        call(Calls.ADDED_IN_PLACE, sum, input, weight, orNothing(bias), Calls.sizes(g.padding), Calls.sizes(g.stride),
                Calls.sizes(g.dilation),
                g.groups, Calls.ADD, Calls.NOTHING, relu ? Calls.RELU : Calls.NOTHING, Calls.NO_SCALARS, Calls.NOTHING).close();
    }

    /**
     * As {@link #packed}, for {@link #transposed}.
     *
     * @param outputPadding rows and columns of the result that a convolution back from it would not reach
     * @param gradientShape of the transposed convolution's input
     */
    static Tensor packedTransposed(Tensor weight, Geometry g, long[] outputPadding, long[] gradientShape) {
        return call(Calls.PACK_TRANSPOSED, weight, Calls.sizes(g.padding), Calls.sizes(outputPadding), Calls.sizes(g.stride),
                Calls.sizes(g.dilation), g.groups, Calls.sizes(gradientShape));
    }

    /** The transpose of a convolution: its input's gradient from its result's. */
    static Tensor transposed(Tensor gradient, Tensor packedWeight, Geometry g, long[] outputPadding) {
        return call(Calls.TRANSPOSED, gradient, packedWeight, Calls.NOTHING, Calls.sizes(g.padding), Calls.sizes(outputPadding),
                Calls.sizes(g.stride), Calls.sizes(g.dilation), g.groups, Calls.NONE, Calls.NO_SCALARS, Calls.NOTHING);
    }

    private static Object orNothing(@Nullable Tensor tensor) {
        return tensor == null ? Calls.NOTHING : tensor;
    }

    /** Arguments are tensors, numbers, or values made before. What is made for the call is closed with it, not by the step's scope. */
    private static Tensor call(OperatorHandle operator, Object... arguments) {
        IValue[] values = new IValue[arguments.length];
        for (int i = 0; i < values.length; i++) {
            Object argument = arguments[i];
            values[i] = argument instanceof IValue value ? value
                    : argument instanceof Tensor tensor ? new IValue(tensor) : new IValue((long) (Long) argument);
        }
        try (IValueVector stack = new IValueVector(values)) {
            operator.callBoxed(stack);
            // A tensor of its own: what the stack gives points into the stack.
            return new Tensor(stack.get(0).toTensor());
        } finally {
            for (int i = 0; i < values.length; i++) {
                if (arguments[i] instanceof Tensor || arguments[i] instanceof Long) {
                    values[i].close();
                }
            }
        }
    }
}
