"""An ONNX graph as torch's own layers and functions, to be run by shapes."""
