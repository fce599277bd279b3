"""Portraits drawn with NumPy from known factors, and the latent axes planted for these factors."""
