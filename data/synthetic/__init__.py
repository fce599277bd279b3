"""Portraits drawn from numbers, by NumPy alone, with known axes."""
