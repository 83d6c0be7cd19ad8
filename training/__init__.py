"""Training of the served networks: MNIST in, a verified model directory out."""

import os

# ONNX Runtime's packages report to their maker unless this is set before they are imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
