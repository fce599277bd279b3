"""Groups of attributes that say nearly the same: where one is edited, the others of its group may come along."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec

from tlgan.errors import UserError

Group = Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]


def checked_groups(
    groups: Mapping[str, tuple[str, ...]], known: Collection[str]
) -> tuple[tuple[str, ...], ...]:
    """The groups of a recipe without their names, for a stage that knows the attributes.

    Parameters
    ----------
    groups : mapping, name of the group to its attributes, as `Recipe.groups`
    known : collection of str
        The attributes that labellers or judge give.

    Raises
    ------
    UserError
        For an attribute that is not known, or is there twice in its group.

    Examples
    --------
    >>> checked_groups({"age": ("Young", "Gray_Hair")}, ["Male", "Young", "Gray_Hair"])
    (('Young', 'Gray_Hair'),)
    """
    for group, attributes in groups.items():
        for name in attributes:
            if name not in known:
                near = difflib.get_close_matches(name, list(known), n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise UserError(
                    f"`groups.{group}` must name attributes of the labellers or the judge. Got {name!r}.{hint} "
                    "Correct the recipe, or do without groups: `-s groups={}`."
                )
            if attributes.count(name) > 1:
                raise UserError(f"`groups.{group}` must name each attribute once. Got {name!r} twice.")
    return tuple(groups.values())
