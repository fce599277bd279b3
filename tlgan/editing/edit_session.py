"""A session of edits of one latent, with locks, undo, redo and reset."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.edit_latents import held_names, trace_edit
from tlgan.editing.linear_predictors import check_latent_dim, logit, units
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.editing.local_steps import check_strictness
from tlgan.editing.predictions import choose_method, predictions
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, normalize_latents


class _Snapshot(NamedTuple):
    path: Floats  # from the start to the latent, shape (n_points, latent_dim)
    locks: tuple[str, ...]
    sentences: tuple[str, ...] = ()

    @property
    def latent(self) -> Floats:
        latent: Floats = self.path[-1]
        return latent


class EditSession:
    """Edit one latent step by step, with locks, undo, redo and reset.

    Every edit goes on from the present latent, as `edit_latents` edits: the edited attributes go where they are
    wanted, the locked ones stay where they are, the others may follow, as `values` shows. A local edit that
    stops early is kept as far as it came; `sentences` says why.

    Parameters
    ----------
    axes : Axes
    latent : array, shape (latent_dim,)
        Sphere latents are put on the sphere first, as the generator does.
    hold_base, method, strictness
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

    def __init__(
        self,
        axes: Axes,
        latent: ArrayLike,
        *,
        hold_base: bool = True,
        method: str | None = None,
        strictness: float = 1.0,
    ) -> None:
        given = np.asarray(latent)
        if given.ndim != 1:
            raise UserError(f"`latent` must have shape ({axes.latent_dim},). Got {given.shape}.")
        start = normalize_latents(given[None], axes.latent_space)
        check_latent_dim(axes, start)
        self.axes = axes
        self.method = choose_method(axes, method)
        self.hold_base = hold_base and self.method == "straight"
        self.strictness = check_strictness(strictness)
        self._history = [_Snapshot(start, ())]
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
    def path(self) -> Floats:
        """Latents from the start to the present one, by way of every edit, shape (n_points, latent_dim)."""
        return self._history[self._now].path.copy()

    @property
    def sentences(self) -> tuple[str, ...]:
        """How far the last edit came where it stopped early, and why; empty where it reached its targets."""
        return self._history[self._now].sentences

    @property
    def values(self) -> dict[str, float]:
        """Prediction of every attribute at the present latent, in `units(axes)`."""
        values = predictions(self.axes, self._history[self._now].latent[None], self.method)[0]
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
        return tuple(held_names(self.axes, {}, self.locks, hold_base=self.hold_base))

    @property
    def degrees_moved(self) -> float:
        """Angle between the present latent and the start."""
        return float(angles_between(self._history[self._now].latent[None], self._history[0].latent[None])[0])

    def change(self, changes: Mapping[str, float]) -> None:
        """Change predictions by so much, in label units, all in one edit.

        Warns
        -----
        EditStoppedWarning
            As `edit_latents`; the session goes on from where the edit stopped.

        Raises
        ------
        UserError
            As `edit_latents`; the session is then as it was.
        """
        present = self._history[self._now]
        edited = trace_edit(
            self.axes,
            present.latent[None],
            changes,
            lock=self.locks,
            hold_base=self.hold_base,
            method=self.method,
            strictness=self.strictness,
        )
        path = np.concatenate([present.path, edited.path[1:, 0]])
        self._add(_Snapshot(path, self.locks, edited.sentences))
        if edited.sentences:
            warnings.warn(" ".join(edited.sentences), EditStoppedWarning, stacklevel=2)

    def set(self, values: Mapping[str, float]) -> None:
        """Bring predictions to these values, in label units, all in one edit."""
        present = self.values
        self.change(
            {name: value - present[self.axes.names[self.axes.index(name)]] for name, value in values.items()}
        )

    def set_probabilities(self, probabilities: Mapping[str, float]) -> None:
        """Bring binary attributes to these probabilities, inside (0, 1), all in one edit."""
        self.set({name: logit(self.axes, name, value) for name, value in probabilities.items()})

    def lock(self, *names: str) -> None:
        """Keep the predictions of these attributes where they are now."""
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
