"""Checks of names, hashes and choices, whose messages say what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tlgan.errors import UserError

MAX_NAME_CHARACTERS = 200


def check_names(names: Sequence[str], field: str = "names") -> None:
    """Refuse names that are empty, unprintable, too long, or there twice."""
    seen = set()
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
            raise UserError(
                f"`{field}` must be printable texts of 1 to {MAX_NAME_CHARACTERS} characters. Got {name!r:.42}."
            )
        if name in seen:
            raise UserError(f"`{field}` must be there once each. {name!r} is there twice; rename one.")
        seen.add(name)


def check_sha256(field: str, value: object) -> None:
    """Refuse what is no SHA-256 in hexadecimal; "" stands for an unknown one."""
    if not isinstance(value, str) or re.fullmatch("([0-9a-f]{64})?", value) is None:
        raise UserError(
            f"`{field}` must be 64 lower-case hexadecimal digits, or '' where unknown. Got {value!r:.80}."
        )


def check_choice(subject: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a value that is not one of `choices`."""
    if value not in choices:
        raise UserError(f"{subject} must be one of {', '.join(choices)}. Got {value!r}.")


def companions(groups: Iterable[Sequence[str]], name: str) -> tuple[str, ...]:
    """The other names of the groups that `name` is in.

    Examples
    --------
    >>> companions([["Smiling", "High_Cheekbones"], ["Young", "Gray_Hair"]], "Young")
    ('Gray_Hair',)
    """
    others = (other for group in groups if name in group for other in group if other != name)
    return tuple(dict.fromkeys(others))


def list_names(names: Sequence[str]) -> str:
    """List names in a sentence, ten at most."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"There are: {', '.join(names[:10])}{more}."
