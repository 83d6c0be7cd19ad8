"""Handwritten digits: from any picture to what MNIST would have made of it, and what a network says."""

import service.images  # noqa: F401  it tells OpenCV its limits, before a room of this package loads it
