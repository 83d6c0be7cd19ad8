"""Versions of models on disk: found, read within limits, tried apart, loaded, pinned, served, taken out."""
