"""The network that finds ink: its views, golden views, figures, card for people, and training."""
