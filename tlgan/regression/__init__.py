"""Generalised linear models of labels on latents, with standard errors and held-out scores."""
