"""Arrays in, arrays out: ONNX Runtime and the threads it computes on."""

import os

# Its packages report to their maker: an identifier of the machine, the models that are loaded, how long runs
# take. It reads this while it is imported, and then neither opens a connection nor writes a file.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
