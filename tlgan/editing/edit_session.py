"""Edit latents in label units: change some attributes by so much and leave locked ones as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import (
    check_latent_dim,
    gradients,
    held_base,
    logit,
    predictors,
    reachable_range,
    units,
)
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, interpolate, least_change, move_along, normalize_latents

__all__ = ["EditSession", "angles_between", "edit_latents", "interpolate", "move_along", "predictors"]


def edit_latents(
    axes: Axes,
    latents: ArrayLike,
    change: Mapping[str, ArrayLike],
    *,
    lock: Sequence[str] = (),
    hold_base: bool = True,
) -> Floats:
    """Edit latents by the least move that changes attributes as asked and leaves locked ones.

    The move is the least-norm solution of W·δ = Δ (on the sphere: the least angle, see
    tlgan.latents.geometry.least_change), with W the slopes times raw directions of the edited and locked
    attributes, and Δ the wanted changes, zero for the locked.

    Parameters
    ----------
    axes : Axes
    latents : array, shape (n, latent_dim)
    change : mapping
        Attribute name to change of its predictor in label units; one number or one per latent.
    lock : sequence of str
        Attributes whose predictors must stay.
    hold_base : bool
        Lock the base of orthogonalised axes too, where it is not edited itself: an axis projected off a
        base is the move that leaves the base still.

    Returns
    -------
    float64 array, shape (n, latent_dim)
        Keep it float64: rounding to float32 moves locked predictors in the seventh digit.

    Raises
    ------
    UserError
        Where an attribute is both edited and locked, changes contradict each other (with the names), or
        the sphere does not reach so far (with the range it reaches).

    Examples
    --------
    >>> from tlgan import axes_from_directions, edit_latents
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0], [3, 4]], latent_space="normal")
    >>> edit_latents(axes, [[0.0, 0.0]], {"Smiling": 1.0}).tolist()
    [[1.0, 0.0]]
    >>> edit_latents(axes, [[0.0, 0.0]], {"Smiling": 1.0}, lock=["Age"]).round(12).tolist()
    [[1.0, -0.75]]
    """
    rows = normalize_latents(latents, axes.latent_space)
    check_latent_dim(axes, rows)
    wanted = _wanted_changes(axes, change, len(rows))
    both = [name for name in change if name in lock]
    if both:
        raise UserError(f"{', '.join(both)} cannot be edited while locked. Unlock, or leave the edit out.")
    held = _held(axes, change, lock, hold_base)
    if not change:
        return rows
    names = [*change, *held]
    which = [axes.index(name) for name in names]
    changes = np.zeros((len(rows), len(names)))
    changes[:, : len(change)] = wanted
    slopes = gradients(axes)[which]
    try:
        return least_change(rows, slopes, changes, axes.latent_space, names=names)
    except UserError as error:
        raise UserError(f"{error}{_ranges(axes, rows, change, wanted, held)}") from error


class _Snapshot(NamedTuple):
    latent: Floats
    locks: tuple[str, ...]


class EditSession:
    """Edit one latent step by step, with locks, undo, redo and reset.

    Every edit is the least move from the present latent that brings the edited attributes where they are
    wanted and leaves the locked ones where they are; all others may follow, as `values` shows.

    Parameters
    ----------
    axes : Axes
    latent : array, shape (latent_dim,)
        Sphere latents are put on the sphere first, as the generator does.
    hold_base : bool
        See `edit_latents`.

    Examples
    --------
    >>> from tlgan import EditSession, axes_from_directions
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0], [0, 1]], latent_space="normal")
    >>> session = EditSession(axes, [0.0, 0.0])
    >>> session.lock("Age")
    >>> session.change({"Smiling": 2.0})
    >>> session.values
    {'Smiling': 2.0, 'Age': 0.0}
    >>> session.undo()
    >>> session.latent.tolist()
    [0.0, 0.0]
    """

    def __init__(self, axes: Axes, latent: ArrayLike, *, hold_base: bool = True) -> None:
        given = np.asarray(latent)
        if given.ndim != 1:
            raise UserError(f"`latent` must have shape ({axes.latent_dim},). Got {given.shape}.")
        start = normalize_latents(given[None], axes.latent_space)
        check_latent_dim(axes, start)
        self.axes = axes
        self.hold_base = hold_base
        self._history = [_Snapshot(start[0], ())]
        self._now = 0

    @property
    def latent(self) -> Floats:
        """The present latent, float64, shape (latent_dim,)."""
        return self._history[self._now].latent.copy()

    @property
    def start(self) -> Floats:
        """The latent that the session began with, shape (latent_dim,)."""
        return self._history[0].latent.copy()

    @property
    def values(self) -> dict[str, float]:
        """Predictor of every attribute at the present latent, in `units(axes)`."""
        values = predictors(self.axes, self._history[self._now].latent[None])[0]
        return dict(zip(self.axes.names, values.tolist(), strict=True))

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of every attribute on the logit scale."""
        on_logits = zip(self.axes.names, units(self.axes), strict=True)
        values = self.values
        return {name: 0.5 * (1 + math.tanh(values[name] / 2)) for name, unit in on_logits if unit == "logit"}

    @property
    def locks(self) -> tuple[str, ...]:
        """Names of the locked attributes."""
        return self._history[self._now].locks

    @property
    def held(self) -> tuple[str, ...]:
        """Names that the next edit leaves still: the locked ones, and the base where it is held."""
        return tuple(_held(self.axes, {}, self.locks, self.hold_base))

    @property
    def degrees_moved(self) -> float:
        """Angle between the present latent and the start."""
        return float(angles_between(self._history[self._now].latent[None], self._history[0].latent[None])[0])

    def change(self, changes: Mapping[str, float]) -> None:
        """Change predictors by so much, in label units, all in one move.

        Raises
        ------
        UserError
            As `edit_latents`; the session is then as it was.
        """
        moved = edit_latents(
            self.axes,
            self._history[self._now].latent[None],
            changes,
            lock=self.locks,
            hold_base=self.hold_base,
        )
        self._add(_Snapshot(moved[0], self.locks))

    def set(self, values: Mapping[str, float]) -> None:
        """Bring predictors to these values, in label units, all in one move."""
        present = self.values
        self.change(
            {name: value - present[self.axes.names[self.axes.index(name)]] for name, value in values.items()}
        )

    def set_probabilities(self, probabilities: Mapping[str, float]) -> None:
        """Bring binary attributes to these probabilities, inside (0, 1), all in one move."""
        self.set({name: logit(self.axes, name, value) for name, value in probabilities.items()})

    def lock(self, *names: str) -> None:
        """Keep the predictors of these attributes where they are now."""
        checked = [self.axes.names[self.axes.index(name)] for name in names]
        self._add(self._history[self._now]._replace(locks=tuple(dict.fromkeys([*self.locks, *checked]))))

    def unlock(self, *names: str) -> None:
        """Let these attributes follow again; the latent stays where it is."""
        missing = [name for name in names if name not in self.locks]
        if missing:
            raise UserError(f"{', '.join(missing)} cannot be unlocked: not locked.")
        locks = tuple(name for name in self.locks if name not in names)
        self._add(self._history[self._now]._replace(locks=locks))

    def reset(self) -> None:
        """Back to the start, without locks; can be undone."""
        self._add(self._history[0])

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._now < len(self._history) - 1

    def undo(self) -> None:
        """Undo the last edit, lock, unlock or reset."""
        if not self.can_undo:
            raise UserError("There is nothing to undo.")
        self._now -= 1

    def redo(self) -> None:
        """Redo what was undone last."""
        if not self.can_redo:
            raise UserError("There is nothing to redo.")
        self._now += 1

    def _add(self, snapshot: _Snapshot) -> None:
        del self._history[self._now + 1 :]
        self._history.append(snapshot)
        self._now += 1


def _wanted_changes(axes: Axes, change: Mapping[str, ArrayLike], n_latents: int) -> Floats:
    columns = []
    for name, value in change.items():
        row = axes.index(name)
        wanted = np.asarray(value, dtype=np.float64)
        if wanted.shape not in ((), (n_latents,)) or not np.isfinite(wanted).all():
            raise UserError(
                f"The change of {name!r} must be finite, one number or one per latent ({n_latents})."
            )
        if axes.slopes[row] == 0:
            raise UserError(f"{name!r} has slope 0: no move changes it. Leave it out.")
        columns.append(np.broadcast_to(wanted, n_latents))
    return np.stack(columns, axis=1) if columns else np.zeros((n_latents, 0))


def _held(axes: Axes, change: Mapping[str, ArrayLike], lock: Sequence[str], hold_base: bool) -> list[str]:
    """Locks, and the base where it is held and not edited; an axis without slope never changes."""
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
