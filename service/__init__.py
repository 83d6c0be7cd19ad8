"""LeNet-5 as a service: digits in any picture, answered over HTTP."""

__version__ = "0.1.0"
