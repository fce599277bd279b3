"""Merge axes of one generator from several sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tlgan.axes.axes import PER_AXIS_NUMBERS, Axes
from tlgan.errors import UserError


def merge_axes(parts: Sequence[Axes], labels: Sequence[str] | None = None) -> Axes:
    """Merge axes of one generator, from different data sets say, in order.

    Parameters
    ----------
    parts : sequence of Axes
        Of one latent size, latent space and generator, none orthogonalised, no name in two of them. Where one
        of them has a regressor, the merged axes have it; where several have, there is no one for all.
    labels : sequence of str, optional
        What each part is called in the error messages, its file name say.

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        Where the parts do not belong together; the message has both values.

    Examples
    --------
    >>> from tlgan import axes_from_directions, merge_axes
    >>> smiling = axes_from_directions(["Smiling"], [[1, 0]], latent_space="sphere")
    >>> age = axes_from_directions(["Age"], [[0, 1]], latent_space="sphere")
    >>> merge_axes([smiling, age]).names
    ('Smiling', 'Age')
    """
    if not parts:
        raise UserError("There must be axes to merge. Got none.")
    labels = labels or [f"part {number}" for number in range(1, len(parts) + 1)]
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    for label, part in zip(labels, parts, strict=True):
        for field in ("latent_dim", "latent_space", "generator", "generator_sha256"):
            here, there = getattr(first, field), getattr(part, field)
            if here != there:
                raise UserError(
                    f"Merged axes must have one `{field}`. {labels[0]} has {here!r}, {label} has {there!r}."
                )
        if part.method != "none":
            raise UserError(
                f"Merged axes must not be orthogonalised yet. {label} is, by {part.method!r}; "
                "undo it with method 'none', merge, and orthogonalise the whole."
            )
    arrays = {
        field: np.concatenate([getattr(part, field) for part in parts])
        for field in ("directions", "raw_directions", *PER_AXIS_NUMBERS, "n_samples")
    }
    texts = {
        field: tuple(text for part in parts for text in getattr(part, field))
        for field in ("names", "units", "kinds")
    }
    regressors = [part.regressor for part in parts if part.regressor is not None]
    regressor = regressors[0] if len(regressors) == 1 else None
    return dataclasses.replace(first, **arrays, **texts, regressor=regressor)  # type: ignore[arg-type]
