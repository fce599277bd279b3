"""The exception for bad input."""

from __future__ import annotations


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
