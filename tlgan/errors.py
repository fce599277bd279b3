"""The exceptions for bad input."""

from __future__ import annotations

from collections.abc import Sequence


class UserError(ValueError):
    """Input that breaks a rule: the message says which, what was got and what to do.

    Command lines print the message on one line and exit with status 1. Every other exception is a
    bug and keeps its traceback.

    Examples
    --------
    >>> from tlgan import UserError, unit_rows
    >>> try:
    ...     unit_rows([[0.0, 0.0]], ["Smiling"])
    ... except UserError as error:
    ...     print(error)
    Each direction must be finite and not zero. 'Smiling' has only zeros.
    """


class NonFiniteError(UserError):
    """NaN or infinity where a network or a function gave numbers.

    Parameters
    ----------
    message : str
        What gave it, a sentence.
    rows : sequence of int
        Numbers of the rows, among those that it was given, that it came for.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)
