"""Several labelled sets as one: labels of one name are one label, and people have numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data.images.labelled_images import UNKNOWN_IDENTITY, LabelledImages
from tlgan.errors import UserError


def join_labels(sets: Sequence[LabelledImages]) -> tuple[LabelledImages, ...]:
    """Give sets the labels of all of them, unknown where a set has them not, and distinct identities.

    Parameters
    ----------
    sets : sequence of LabelledImages, at least one

    Returns
    -------
    tuple of LabelledImages
        Each as before, but for `names`, `kinds`, `units`, `labels`, `categories` and `identity`.

    Raises
    ------
    UserError
        Where a label of one name is of another kind, unit or categories in another set.

    Examples
    --------
    >>> celeba, utkface = join_labels([celeba, utkface])
    >>> celeba.names == utkface.names
    True
    """
    facts: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for images in sets:
        for name, kind, unit in zip(images.names, images.kinds, images.units, strict=True):
            own = (kind, unit, images.categories.get(name, ()))
            if facts.setdefault(name, own) != own:
                raise UserError(
                    f"`{name}` must be the same label in every data set. Got {facts[name]} and {own}. Rename one."
                )
    joined, people = [], 0
    for images in sets:
        labels = np.full((len(images), len(facts)), np.nan, np.float32)
        for column, name in enumerate(facts):
            if name in images.names:
                labels[:, column] = images.labels[:, images.names.index(name)]
        known = images.identity != UNKNOWN_IDENTITY
        identity = np.where(known, images.identity + people, UNKNOWN_IDENTITY).astype(np.int32)
        people = max(people, int(identity.max(initial=-1)) + 1)
        joined.append(
            replace(
                images,
                names=tuple(facts),
                kinds=tuple(kind for kind, _, _ in facts.values()),
                units=tuple(unit for _, unit, _ in facts.values()),
                categories={name: values for name, (_, _, values) in facts.items() if values},
                labels=labels,
                identity=identity,
            )
        )
    return tuple(joined)
