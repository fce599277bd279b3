"""Photographs as latents of a run's generator: search, tuning, how near it came, and pictures pasted back."""
