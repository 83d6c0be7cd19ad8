"""Training of the served networks: MNIST in, a verified model directory out."""
