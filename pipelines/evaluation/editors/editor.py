"""What a comparison of ways to edit expects of each: faces, an attribute and amounts to pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError

Images = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces that every editor is given alike.

    Attributes
    ----------
    images : uint8 array, shape (n, R, R, 3)
    values : mapping of str to float array, shape (n,)
        What the faces have of each attribute that is known of them: 0 or 1 of a binary one, its value of a
        continuous one, the number of a category.
    latents : float array, shape (n, D), or None
        Where editors of latents start: what the images were drawn from, or what was found for photographs.
    """

    images: Images
    values: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    latents: NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.values.items()}
        if self.latents is not None:
            lengths["latents"] = len(self.latents)
        for name, length in lengths.items():
            if length != len(self.images):
                raise UserError(f"`{name}` must have one row per image ({len(self.images)}). Got {length}.")

    def __len__(self) -> int:
        return len(self.images)

    def value_of(self, name: str) -> Floats:
        """The values of an attribute, shape (n,); `UserError` where they are not known."""
        if name not in self.values:
            known = ", ".join(self.values) or "none"
            raise UserError(f"`values` must have {name}. Got {known}. Name another attribute.")
        return np.asarray(self.values[name], dtype=np.float64)

    def select(self, rows: NDArray[np.integer] | slice) -> Faces:
        """Some of the faces, in this order."""
        values = {name: column[rows] for name, column in self.values.items()}
        latents = None if self.latents is None else self.latents[rows]
        return replace(self, images=self.images[rows], values=values, latents=latents)


@runtime_checkable
class Editor(Protocol):
    """Changes one attribute of faces.

    An amount is in the editor's own unit, and 0 draws the face as the editor has it, unedited: what another editor
    calls 1 may change the picture more, so editors are compared where the picture has changed alike.
    """

    @property
    def name(self) -> str:
        """For titles and tables."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """What it can change."""

    def __call__(self, faces: Faces, attribute: str, amounts: NDArray[np.floating]) -> Images:
        """Edited pictures, uint8 (n, R, R, 3).

        Parameters
        ----------
        faces : Faces
        attribute : str
        amounts : float array, shape (n,)
            Signed: above 0 is more of the attribute.
        """


def check_attribute(editor: Editor, attribute: str) -> None:
    """Refuse an attribute that an editor does not know."""
    if attribute not in editor.attributes:
        raise UserError(
            f"`attribute` must be one of {', '.join(editor.attributes)} for {editor.name}. Got {attribute!r}."
        )


def check_amounts(faces: Faces, amounts: NDArray[np.floating]) -> Floats:
    """Amounts as float64, checked to be one finite number per face."""
    checked = np.asarray(amounts, dtype=np.float64)
    if checked.shape != (len(faces),) or not np.isfinite(checked).all():
        raise UserError(f"`amounts` must be {len(faces)} finite numbers, one per face. Got {amounts!r}.")
    return checked
