"""Editors of latents: a generator that was trained without attributes, and axes discovered in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipelines.evaluation.editors.editor import Faces, Images, check_amounts, check_attribute
from tlgan.axes.axes import Axes
from tlgan.editing.edit_methods import EditFunction, build_edit
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents

if TYPE_CHECKING:
    from models.protocols import Generator


@dataclass(frozen=True, eq=False)
class LatentEditor:
    """An `Editor` that moves the latent of a face and draws it anew.

    An amount is in standard deviations, see `tlgan.editing.edit_methods.EDIT_METHODS`. A face that cannot be moved
    so far stays where it is.

    Attributes
    ----------
    name : str
    generator : Generator
    axes : Axes
    edit : str, one of `EDIT_METHODS`
    base : tuple of str, of the orthogonalised edits
    """

    name: str
    generator: Generator
    axes: Axes
    edit: str
    base: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """Those that have an axis."""
        return self.axes.names

    @cached_property
    def _move(self) -> EditFunction:
        return build_edit(self.axes, self.edit, self.base)

    def __call__(self, faces: Faces, attribute: str, amounts: np.ndarray) -> Images:
        """Edited pictures; see `pipelines.evaluation.editors.editor.Editor`.

        Raises
        ------
        UserError
            Where the faces have no latents.
        """
        check_attribute(self, attribute)
        return self.generator(self.moved(faces, attribute, amounts).astype(np.float32))

    def moved(self, faces: Faces, attribute: str, amounts: np.ndarray) -> np.ndarray:
        """Latents of the edited faces, float64 (n, D)."""
        if faces.latents is None:
            raise UserError(
                f"`latents` must be there for {self.name}. Got none. Find them with an encoder or a search."
            )
        wanted = check_amounts(faces, amounts)
        latents = normalize_latents(faces.latents, self.axes.latent_space)
        for amount in np.unique(wanted[wanted != 0]):
            rows = np.flatnonzero(wanted == amount)
            edited = self._move(latents[rows], self.axes.index(attribute), float(amount))
            latents[rows] = np.where(np.isnan(edited), latents[rows], edited)
        return latents
