"""Edit latents in label units: change some attributes by so much and leave locked ones as they are."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import (
    check_latent_dim,
    gradients,
    held_base,
    predictors,
    reachable_range,
    units,
)
from tlgan.editing.local_edit import EditStoppedWarning, LocalEdit, local_edit, stop_sentences
from tlgan.editing.local_steps import check_strictness
from tlgan.editing.predictions import choose_method
from tlgan.errors import UserError
from tlgan.latents.geometry import least_change, normalize_latents

LATENTS_AT_ONCE = 256  # of a local edit: their Jacobians are in memory together


@dataclass(frozen=True, eq=False)
class EditedLatents:
    """Latents after an edit, the way there, and what was not reached.

    Attributes
    ----------
    latents : float64 array, shape (n, latent_dim)
    path : float64 array, shape (n_points, n, latent_dim)
        From the latents as they were to `latents`; a straight edit has these two points.
    stopped : tuple of str, length n
        Why each latent stopped before its targets; "" where it reached them.
    sentences : tuple of str
        How far the stopped ones came, and why, for people; three latents at most.
    """

    latents: Floats
    path: Floats
    stopped: tuple[str, ...]
    sentences: tuple[str, ...] = ()


def edit_latents(
    axes: Axes,
    latents: ArrayLike,
    change: Mapping[str, ArrayLike],
    *,
    lock: Sequence[str] = (),
    hold_base: bool = True,
    method: str | None = None,
    strictness: float = 1.0,
) -> Floats:
    """Edit latents so that attributes change as asked, locked ones stay and the others change little.

    With the method "local" each latent goes by short steps along the gradient of the axes' regressor, the
    other attributes held by `strictness` (tlgan.editing.local_edit). With "straight" it goes by one move, the
    least that does it: the least-norm solution of W·δ = Δ (on the sphere: the least angle, see
    tlgan.latents.geometry.least_change), with W the slopes times raw directions of the edited and locked
    attributes, and Δ the wanted changes, zero for the locked.

    Parameters
    ----------
    axes : Axes
    latents : array, shape (n, latent_dim)
    change : mapping
        Attribute name to change of its prediction in label units; one number or one per latent.
    lock : sequence of str
        Attributes whose predictions must stay.
    hold_base : bool
        With "straight": lock the base of orthogonalised axes too, where it is not edited itself. An axis
        projected off a base is the move that leaves the base still.
    method : str, optional
        "local" or "straight"; by default "local" where the axes have a regressor.
    strictness : float, at least 0
        With "local": how much a change of the other attributes counts, see
        `tlgan.editing.local_steps.penalties`; 10 is strict.

    Returns
    -------
    float64 array, shape (n, latent_dim)
        Keep it float64: rounding to float32 moves locked predictors in the seventh digit.

    Warns
    -----
    EditStoppedWarning
        With "local": where a latent stopped before its target, how far it came and why.

    Raises
    ------
    UserError
        Where an attribute is both edited and locked, or "local" is asked of axes without a regressor. With
        "straight": where changes contradict each other (with the names), or the sphere does not reach so far
        (with the range it reaches).

    Examples
    --------
    >>> from tlgan import axes_from_directions, edit_latents
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0], [3, 4]], latent_space="normal")
    >>> edit_latents(axes, [[0.0, 0.0]], {"Smiling": 1.0}).tolist()
    [[1.0, 0.0]]
    >>> edit_latents(axes, [[0.0, 0.0]], {"Smiling": 1.0}, lock=["Age"]).round(12).tolist()
    [[1.0, -0.75]]
    """
    edited = _edit(axes, latents, change, lock, hold_base, method, strictness, keep_path=False)
    if edited.sentences:
        warnings.warn(" ".join(edited.sentences), EditStoppedWarning, stacklevel=2)
    return edited.latents


def trace_edit(
    axes: Axes,
    latents: ArrayLike,
    change: Mapping[str, ArrayLike],
    *,
    lock: Sequence[str] = (),
    hold_base: bool = True,
    method: str | None = None,
    strictness: float = 1.0,
) -> EditedLatents:
    """Edit latents as `edit_latents` does, and keep the way there; what was not reached is told, not warned of.

    Parameters and errors are those of `edit_latents`.
    """
    return _edit(axes, latents, change, lock, hold_base, method, strictness, keep_path=True)


def _edit(
    axes: Axes,
    latents: ArrayLike,
    change: Mapping[str, ArrayLike],
    lock: Sequence[str],
    hold_base: bool,
    method: str | None,
    strictness: float,
    *,
    keep_path: bool,
) -> EditedLatents:
    rows = normalize_latents(latents, axes.latent_space)
    check_latent_dim(axes, rows)
    method = choose_method(axes, method)
    check_strictness(strictness)
    wanted = _wanted_changes(axes, change, len(rows), method)
    both = [name for name in change if name in lock]
    if both:
        raise UserError(f"{', '.join(both)} cannot be edited while locked. Unlock, or leave the edit out.")
    if not change:
        return EditedLatents(rows, rows[None], ("",) * len(rows))
    if method == "local":
        return _edit_locally(axes, rows, list(change), wanted, lock, strictness, keep_path)
    moved = _edit_straight(axes, rows, change, wanted, held_names(axes, change, lock, hold_base=hold_base))
    return EditedLatents(moved, np.stack([rows, moved]), ("",) * len(rows))


def _edit_locally(
    axes: Axes,
    rows: Floats,
    names: list[str],
    wanted: Floats,
    lock: Sequence[str],
    strictness: float,
    keep_path: bool,
) -> EditedLatents:
    assert axes.regressor is not None  # by `choose_method`
    parts = []
    for start in range(0, len(rows), LATENTS_AT_ONCE):
        some = slice(start, start + LATENTS_AT_ONCE)
        part = local_edit(
            axes.regressor,
            rows[some],
            names,
            wanted[some],
            latent_space=axes.latent_space,
            locks=[axes.names[axes.index(name)] for name in lock],
            strictness=strictness,
        )
        parts.append(part if keep_path else replace(part, path=part.path[[0, -1]]))
    edit = _join(parts)
    sentences = stop_sentences(edit, names, [units(axes)[axes.index(name)] for name in names])
    return EditedLatents(edit.latents, edit.path, edit.stopped, tuple(sentences))


def _join(parts: Sequence[LocalEdit]) -> LocalEdit:
    """Edits of several groups of latents as one; where a path is shorter, its end is repeated."""
    longest = max(len(part.path) for part in parts)
    paths = [
        np.concatenate([part.path, np.repeat(part.path[-1:], longest - len(part.path), axis=0)])
        for part in parts
    ]
    return LocalEdit(
        latents=np.concatenate([part.latents for part in parts]),
        path=np.concatenate(paths, axis=1),
        changes=np.concatenate([part.changes for part in parts]),
        wanted=np.concatenate([part.wanted for part in parts]),
        stopped=tuple(reason for part in parts for reason in part.stopped),
    )


def _edit_straight(
    axes: Axes, rows: Floats, change: Mapping[str, ArrayLike], wanted: Floats, held: Sequence[str]
) -> Floats:
    names = [*change, *held]
    which = [axes.index(name) for name in names]
    changes = np.zeros((len(rows), len(names)))
    changes[:, : len(change)] = wanted
    slopes = gradients(axes)[which]
    try:
        return least_change(rows, slopes, changes, axes.latent_space, names=names)
    except UserError as error:
        raise UserError(f"{error}{_ranges(axes, rows, change, wanted, held)}") from error


def _wanted_changes(axes: Axes, change: Mapping[str, ArrayLike], n_latents: int, method: str) -> Floats:
    columns = []
    for name, value in change.items():
        row = axes.index(name)
        wanted = np.asarray(value, dtype=np.float64)
        if wanted.shape not in ((), (n_latents,)) or not np.isfinite(wanted).all():
            raise UserError(
                f"The change of {name!r} must be finite, one number or one per latent ({n_latents})."
            )
        if method == "straight" and axes.slopes[row] == 0:
            raise UserError(f"{name!r} has slope 0: no move changes it. Leave it out.")
        columns.append(np.broadcast_to(wanted, n_latents))
    return np.stack(columns, axis=1) if columns else np.zeros((n_latents, 0))


def held_names(axes: Axes, change: Collection[str], lock: Sequence[str], *, hold_base: bool) -> list[str]:
    """What a straight edit holds: locks, and the base where it is not edited; an axis without slope never changes."""
    locked = [axes.names[axes.index(name)] for name in lock]
    base = held_base(axes, change) if hold_base else []
    return [name for name in dict.fromkeys([*locked, *base]) if axes.slopes[axes.index(name)] != 0]


def _ranges(
    axes: Axes, rows: Floats, change: Mapping[str, ArrayLike], wanted: Floats, held: Sequence[str]
) -> str:
    """A sentence on how far a single edit can go; "" for several edits."""
    if len(change) != 1 or axes.latent_space != "sphere":
        return ""
    (name,) = change
    unit = units(axes)[axes.index(name)]
    present = predictors(axes, rows)[:, axes.index(name)]
    for row, value in enumerate(present + wanted[:, 0]):
        least, largest = reachable_range(axes, rows[row], name, held=held)
        if not least <= value <= largest:
            which = f" of latent {row}" if len(rows) > 1 else ""
            still = f" while {', '.join(held)} stay" if held else ""
            span = f"{least:.4g} to {largest:.4g} {unit}{still}"
            return f" {name!r}{which} can go from {span}; {value:.4g} was asked."
    return ""
