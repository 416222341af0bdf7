package org.mmard.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OneDnnLogTest {
    private static final String PREFIX = "onednn_verbose,v1,primitive,exec,cpu,";
    private static final String PROBLEM = "mb8_ic16oc32_ih32oh16kh3sh2dh0ph1_iw32ow16kw3sw2dw0pw1";

    @Test
    void readsAConvolution() {
        OneDnnLog.Operation operation = OneDnnLog.read(PREFIX + "convolution,brg_conv_bwd:avx512_core,backward_data,"
                + "src:bf16::blocked:acdb::f0 wei:bf16:a:blocked:BcdA16b2a::f0 bia:undef::undef::: dst:bf16::blocked:acdb::f0,"
                + "attr-scratchpad:user,alg:convolution_direct," + PROBLEM + ",0.559082").orElseThrow();
        assertEquals(new OneDnnLog.Convolution(OneDnnLog.Pass.DATA, true, true, 1, 8, 16, 32, 32, 32, 16, 16, 3, 3, 2, 1, 1),
                operation.convolution());
        assertEquals(0.559082, operation.milliseconds());
        assertFalse(operation.reorder());
        assertEquals(2.0 * 8 * 32 * 16 * 16 * 16 * 9, operation.convolution().flops());
    }

    @Test
    void groupsShareTheWork() {
        OneDnnLog.Operation operation = OneDnnLog.read(PREFIX + "convolution,jit_dw:avx512_core,forward_training,"
                + "src:f32::blocked:aBcd16b::f0 wei:f32::blocked:Abcde16a::f0 bia:undef::undef::: dst:f32::blocked:aBcd16b::f0,,"
                + "alg:convolution_direct,g16" + PROBLEM.replace("oc32", "oc16") + ",0.25").orElseThrow();
        assertFalse(operation.convolution().bfloat16());
        assertFalse(operation.convolution().channelsLast());
        assertEquals(2.0 * 8 * 16 * 16 * 16 * 9, operation.convolution().flops());
    }

    @Test
    void readsAReorder() {
        OneDnnLog.Operation operation = OneDnnLog.read(PREFIX + "reorder,jit:uni,undef,src:f32::blocked:acdb::f0 "
                + "dst:f32::blocked:Acdb32a::f0,attr-scratchpad:user,,32x16x3x3,0.0129395").orElseThrow();
        assertTrue(operation.reorder());
        assertEquals(0.0129395, operation.milliseconds());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "epoch 1/5", "onednn_verbose,v1,info,cpu,runtime:OpenMP,nthr:1", "onednn_verbose,v1,primitive,exec,cpu",
        "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,src,attr,,32x16,soon"})
    void leavesOutWhatIsNoOperation(String line) {
        assertTrue(OneDnnLog.read(line).isEmpty());
    }
}
