"""Pictures that people send, drawn from images of MNIST, and where the ink is: to measure, train and test."""
