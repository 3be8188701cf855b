"""What is done to an ONNX graph after its converter, one thing a file."""
