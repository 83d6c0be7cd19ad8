"""What the service costs, measured against the bare libraries that it is made of."""
