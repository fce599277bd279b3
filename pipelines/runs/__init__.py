"""Finished runs, opened or compared."""
