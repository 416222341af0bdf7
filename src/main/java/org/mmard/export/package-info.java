/**
 * Models as files that others run: ONNX, safetensors and PyTorch's state dictionary. Knows {@code engine} and {@code model}.
 */
package org.mmard.export;
