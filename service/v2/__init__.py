"""The Open Inference Protocol: tensors and documents, and the endpoints that speak it."""
