"""Faces edited with a finished run: paths of latents, options, tables, the notebook."""
