"""Errors of expressions: one line, and a caret below the column."""

from __future__ import annotations

from tlgan.editing.algebra.terms import ExpressionError


def test_error_says_the_column_and_points_at_it():
    error = ExpressionError("Bad.", "seed(x)", 5)
    assert str(error) == "Bad. At column 6."
    assert error.pointed == "  seed(x)\n       ^"


def test_control_characters_do_not_move_the_caret():
    assert ExpressionError("Bad.", "a\tb\x1bc", 4).pointed == "  a b c\n      ^"
