"""Names of axes and attributes, hashes, and words to choose from: what they may be, and how messages list them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tlgan.errors import UserError

MAX_NAME_CHARACTERS = 200
# A file name holds 255 bytes: the name, and what formats put around it.
MAX_NAME_BYTES = 200
# Axes are compared and orthogonalised in pairs; there are a few dozen labels, rarely hundreds.
MAX_AXES = 1024


def check_names(names: Sequence[str], field: str = "names") -> None:
    """Refuse names that are empty, unprintable, too long or too many, or there twice."""
    if len(names) > MAX_AXES:
        raise UserError(f"`{field}` must be at most {MAX_AXES}. Got {len(names)}; leave some out.")
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


def check_attribute_names(names: Sequence[str], source: object) -> None:
    """Refuse labels that no axis, or no file of an axis, could be named after.

    To be called before anything is computed for them: what comes of a label bears its name to the end.

    Parameters
    ----------
    names : sequence of str
    source : object
        Where they come from, for the message: a path, or the name of a labeller.

    Raises
    ------
    UserError

    Examples
    --------
    >>> from tlgan.axes.names import check_attribute_names
    >>> check_attribute_names(["Smiling", "Age"], "my.csv")
    """
    try:
        check_names(names, "attributes")
        for name in names:
            check_file_name_part(name)
    except UserError as error:
        raise UserError(f"{source}: {error}") from error


def check_file_name_part(name: str) -> None:
    """Refuse a name that cannot be part of a file name."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise UserError(
            f"{name[:40]!r} cannot be part of a file name, for it has a slash or begins with a dot; rename it."
        )
    size = len(name.encode("utf-8", "replace"))
    if size > MAX_NAME_BYTES:
        raise UserError(
            f"{name[:40]!r} cannot be part of a file name, for it has {size} bytes, more than {MAX_NAME_BYTES}; "
            "shorten it."
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
