"""The lecture's calculator: what a network costs, worked out from its layers alone."""
