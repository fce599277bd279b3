"""Regression of labels on latents."""
