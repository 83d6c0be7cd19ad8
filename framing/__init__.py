"""MNIST's framing, and the ink of flat pictures: what training and service share. It imports neither."""
