"""What a version of a model says of itself, and whether that holds together."""
