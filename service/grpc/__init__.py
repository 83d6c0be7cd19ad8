"""The Open Inference Protocol over gRPC: calls, messages, and the server that takes them."""
