"""The one exception for bad input."""

from __future__ import annotations


class UserError(ValueError):
    """Input that breaks a stated rule: one line with subject, rule, what was got and the mend.

    Command lines print the message and exit with status 1; every other exception is a bug and
    keeps its traceback.
    """
