"""Sums of latents: their text, their terms, and the means among these."""
