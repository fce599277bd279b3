"""Edits as the options of a command ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.edit_latents import EditedLatents, trace_edit
from tlgan.editing.parse_changes import edit_roles, parse_changes, split_names
from tlgan.editing.predictions import choose_method, predictions


@dataclass(frozen=True)
class EditTexts:
    """Texts and numbers of the options of an edit.

    Attributes
    ----------
    changes, targets : tuple of str
        Texts of `--set` and `--to`, see `tlgan.editing.parse_changes`.
    locks : tuple of str
        Texts of `--lock`: names, or lists A,B.
    free_base : bool
    method : str or None
    strictness : float or None
        See `tlgan.edit_latents`; None is what is usual.
    """

    changes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    free_base: bool = False
    method: str | None = None
    strictness: float | None = None

    @property
    def ask_for_an_edit(self) -> bool:
        """Whether anything is to be edited or locked."""
        return bool(self.changes or self.targets or self.locks)


@dataclass(frozen=True, eq=False)
class AskedEdit:
    """An edit that texts asked for.

    Attributes
    ----------
    edited : EditedLatents
    before, after : float64 arrays, shape (n_latents, n_axes)
        Predictions by the method of the edit.
    roles : dict
        Of each attribute named or held, see `tlgan.editing.parse_changes.edit_roles`.
    texts : EditTexts
        What was asked for, with the method and strictness that were chosen where it left them open.
    method : str
        "local" or "straight".
    """

    edited: EditedLatents
    before: Floats
    after: Floats
    roles: dict[str, str]
    texts: EditTexts
    method: str


def edit_by_texts(axes: Axes, latents: ArrayLike, texts: EditTexts) -> AskedEdit:
    """Edit latents as texts ask.

    Parameters
    ----------
    axes : Axes
    latents : float array, shape (n_latents, latent_dim)
    texts : EditTexts

    Raises
    ------
    UserError
        As `tlgan.editing.parse_changes.parse_changes` and `tlgan.edit_latents`.

    Examples
    --------
    >>> edit_by_texts(axes, latents, EditTexts(changes=("Smiling=0.9",), locks=("Male,Young",))).edited.latents
    """
    method = choose_method(axes, texts.method)
    strictness = 1.0 if texts.strictness is None else texts.strictness
    before = predictions(axes, latents, method)
    wanted = parse_changes(axes, before, texts.changes, texts.targets)
    locked = split_names(axes, texts.locks)
    hold_base = method == "straight" and not texts.free_base
    edited = trace_edit(
        axes,
        latents,
        wanted,
        lock=locked,
        hold_base=hold_base,
        method=method,
        strictness=strictness,
    )
    return AskedEdit(
        edited,
        before,
        predictions(axes, edited.latents, method),
        edit_roles(axes, wanted, locked, hold_base=hold_base),
        replace(texts, method=method, strictness=strictness),
        method,
    )
