"""MNIST's framing, and how ink is found: what training and service share. It imports neither."""
