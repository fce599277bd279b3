"""Edits of latents: how far to go, by which way, and what stays."""
