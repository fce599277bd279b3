"""The terms of a sum of latents, and what is wrong with a text that has none (`parse_latent_sum`)."""

from __future__ import annotations

from dataclasses import dataclass

from tlgan.errors import UserError


@dataclass(frozen=True)
class PhotographTerm:
    """The face of a photograph, by the name of its file."""

    path: str


@dataclass(frozen=True)
class SeedTerm:
    """The face of a seed."""

    seed: int


@dataclass(frozen=True)
class MeanTerm:
    """The mean of faces: with a binary attribute, without it (`negated`), or near a `value` of another."""

    name: str
    negated: bool = False
    value: float | None = None


@dataclass(frozen=True)
class AxisTerm:
    """A step of `amount` along an axis, in units of z."""

    name: str
    amount: float


Term = PhotographTerm | SeedTerm | MeanTerm | AxisTerm


@dataclass(frozen=True)
class WeightedTerm:
    """A term of a sum.

    Attributes
    ----------
    weight : float
    term : Term
    column : int
        Where the term begins in the text, from 0; for `ExpressionError`.
    """

    weight: float
    term: Term
    column: int


class ExpressionError(UserError):
    """What is wrong with an expression, and where.

    Attributes
    ----------
    pointed : str
        Two lines: the expression, and a caret below the column. Control characters are shown as spaces, so that
        the caret stands where it should.
    """

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(f"{message} At column {column + 1}.")
        shown = "".join(character if character.isprintable() else " " for character in text)
        self.pointed = f"  {shown}\n  {' ' * column}^"
