"""Portraits drawn from numbers, by NumPy alone."""

from data.portraits.drawing import draw_portraits
from data.portraits.sitter import FACTORS

__all__ = ["FACTORS", "draw_portraits"]
