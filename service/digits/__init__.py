"""Handwritten digits: from any picture to what MNIST would have made of it, and what a network says."""
