"""Arrays in, arrays out: ONNX Runtime and the threads it computes on."""
