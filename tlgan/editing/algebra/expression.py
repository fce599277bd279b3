"""Sums of latents as text: `me.jpg - mean(Young) + 1.5 * mean(not Young)`.

| term | what it stands for |
|---|---|
| `me.jpg`, `"my face.jpg"` | the face of a photograph; quotes around a name with spaces, brackets or signs |
| `seed(3)` | the face of a seed |
| `mean(Young)`, `mean(not Young)` | the mean of the faces with a binary attribute, and of those without |
| `mean(Age=70)` | the mean of the faces near a value of a continuous attribute |
| `axis(Smiling, 1.2)` | a step along an axis, in units of z; it may be negative |

Terms are added and subtracted, and multiplied by numbers; brackets group. A sign between terms stands between
spaces, since the name of a file may hold one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tlgan.editing.algebra.terms import (
    AxisTerm,
    ExpressionError,
    MeanTerm,
    PhotographTerm,
    SeedTerm,
    Term,
    WeightedTerm,
)
from tlgan.errors import UserError

MOST_CHARACTERS, MOST_DEPTH = 10_000, 50
FUNCTIONS = ("mean", "seed", "axis")
SIGNS, MARKS = ("+", "-"), ("'", '"')
# What ends the name of a file without quotes.
_WORD = re.compile(r"[^\s()*+,'\"]+")
_SPACES = re.compile(r"\s*")


def parse_latent_sum(text: str) -> tuple[WeightedTerm, ...]:
    """Parse a sum of latents; brackets and products are multiplied out.

    Parameters
    ----------
    text : str
        See the grammar of this module.

    Returns
    -------
    tuple of WeightedTerm, in the order of the text

    Raises
    ------
    ExpressionError
        Saying what is wrong, and at which column.

    Examples
    --------
    >>> parse_latent_sum("seed(3) - 2 * mean(not Young)")[1].weight
    -2.0
    """
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"An expression must have at most {MOST_CHARACTERS:,} characters. Got {len(text):,}.")
    return _Parser(text).parse()


@dataclass(frozen=True)
class _Number:
    value: float
    column: int


_Sum = tuple[WeightedTerm, ...]


class _Parser:
    """Recursive descent over the text; `place` is the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.depth = text, 0, 0

    def parse(self) -> _Sum:
        if not self._next():
            self._fail("An expression must have a term, such as `seed(3)`. Got nothing.")
        found = self._sum()
        if self._next() == "/":
            self._fail("Latents cannot be divided; multiply by a number, such as `0.5 * seed(3)`.")
        if self._next() == ")":
            self._fail("This bracket closes none.")
        if self._next():
            self._fail("Between two terms there must be +, - or * (between spaces).")
        if isinstance(found, _Number):
            self._fail(
                "An expression must have a latent, such as `seed(3)`. Got a number alone.", found.column
            )
        return found

    def _sum(self) -> _Number | _Sum:
        total = self._product()
        while (sign := self._next()) in SIGNS:
            column = self.place
            self.place += 1
            total = self._add(total, _scaled(self._product(), 1.0 if sign == "+" else -1.0), column)
        return total

    def _add(self, first: _Number | _Sum, second: _Number | _Sum, column: int) -> _Number | _Sum:
        if isinstance(first, _Number) and isinstance(second, _Number):
            return self._number(first.value + second.value, first.column)
        if isinstance(first, _Number) or isinstance(second, _Number):
            self._fail("A number cannot be added to a latent; it can multiply one.", column)
        return first + second

    def _product(self) -> _Number | _Sum:
        product = self._factor()
        while self._next() == "*":
            column = self.place
            self.place += 1
            factor = self._factor()
            if isinstance(factor, _Number):
                product = _scaled(product, factor.value)
            elif isinstance(product, _Number):
                product = _scaled(factor, product.value)
            else:
                self._fail("A latent cannot be multiplied by a latent; multiply by a number.", column)
            if isinstance(product, _Number):
                product = self._number(product.value, product.column)
        return product

    def _factor(self) -> _Number | _Sum:
        character, column = self._next(), self.place
        if character in SIGNS:
            self.place += 1
            return self._nested(lambda: _scaled(self._factor(), 1.0 if character == "+" else -1.0))
        if character == "(":
            self.place += 1
            inside = self._nested(self._sum)
            self._close(column)
            return inside
        if character in MARKS:
            return self._term(PhotographTerm(self._quoted()), column)
        word = self._word()
        if not word:
            self._fail("Here must be a term, such as `seed(3)`, `mean(Young)` or a file.")
        if self._next() == "(":
            return self._call(word, column)
        number = _as_number(word)
        return self._term(PhotographTerm(word), column) if number is None else self._number(number, column)

    def _call(self, word: str, column: int) -> _Sum:
        if word not in FUNCTIONS:
            hint = " A sign between terms stands between spaces." if re.search(r"[-/]", word) else ""
            self._fail(f"There is no {word!r}; there are {', '.join(FUNCTIONS)}.{hint}", column)
        opened = self.place
        self.place += 1
        parsers: dict[str, Callable[[], Term]] = {"mean": self._mean, "seed": self._seed, "axis": self._axis}
        term = parsers[word]()
        self._close(opened)
        return self._term(term, column)

    def _seed(self) -> SeedTerm:
        self._next()
        column, word = self.place, self._word()
        if not re.fullmatch(r"[0-9]{1,10}", word):
            self._fail("`seed` takes a whole number, such as `seed(3)`.", column)
        return SeedTerm(int(word))

    def _mean(self) -> MeanTerm:
        self._next()
        column = self.place
        if self.text.startswith("not ", self.place):
            self.place += len("not ")
            return MeanTerm(self._name(column, stop=")"), negated=True)
        name = self._name(column, stop="=)")
        if self._next() != "=":
            return MeanTerm(name)
        self.place += 1
        return MeanTerm(name, value=self._amount())

    def _axis(self) -> AxisTerm:
        self._next()
        name = self._name(self.place, stop=",)")
        if self._next() != ",":
            self._fail("`axis` takes a name and an amount, such as `axis(Smiling, 1.2)`.")
        self.place += 1
        return AxisTerm(name, self._amount())

    def _name(self, column: int, stop: str) -> str:
        """The name of an attribute: quoted, or all up to one of the characters that end it."""
        if self._next() in MARKS:
            return self._quoted()
        ends = [place for mark in stop if (place := self.text.find(mark, self.place)) >= 0]
        end = min(ends, default=len(self.text))
        name = self.text[self.place : end].strip()
        if not name or "(" in name:
            self._fail("Here must be the name of an attribute, such as `Young`.", column)
        self.place = end
        return name

    def _amount(self) -> float:
        self._next()
        column = self.place
        sign = self.text[self.place : self.place + 1]
        if sign in SIGNS:
            self.place += 1
        number = _as_number(self._word())
        if number is None:
            self._fail("Here must be a number.", column)
        return self._number(-number if sign == "-" else number, column).value

    def _quoted(self) -> str:
        start, mark = self.place, self.text[self.place]
        end = self.text.find(mark, start + 1)
        if end < 0:
            self._fail("This quotation mark is not closed.", start)
        if end == start + 1:
            self._fail("There must be a name between the quotation marks.", start)
        self.place = end + 1
        return self.text[start + 1 : end]

    def _word(self) -> str:
        match = _WORD.match(self.text, self.place)
        self.place = match.end() if match else self.place
        return match[0] if match else ""

    def _close(self, opened: int) -> None:
        found = self._next()
        if not found:
            self._fail("This bracket is not closed.", opened)
        if found != ")":
            self._fail("Before this there must be ).")
        self.place += 1

    def _nested(self, parse: Callable[[], _Number | _Sum]) -> _Number | _Sum:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            self._fail(f"Brackets and signs must be at most {MOST_DEPTH} deep.")
        found = parse()
        self.depth -= 1
        return found

    def _number(self, value: float, column: int) -> _Number:
        if not math.isfinite(value):
            self._fail("Numbers must be finite.", column)
        return _Number(value, column)

    def _term(self, term: Term, column: int) -> _Sum:
        return (WeightedTerm(1.0, term, column),)

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        match = _SPACES.match(self.text, self.place)
        self.place = match.end() if match else self.place
        return self.text[self.place : self.place + 1]

    def _fail(self, message: str, column: int | None = None) -> NoReturn:
        raise ExpressionError(message, self.text, self.place if column is None else column)


def _as_number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _scaled(value: _Number | _Sum, factor: float) -> _Number | _Sum:
    if isinstance(value, _Number):
        return _Number(value.value * factor, value.column)
    return tuple(WeightedTerm(part.weight * factor, part.term, part.column) for part in value)
