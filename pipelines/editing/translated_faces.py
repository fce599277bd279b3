"""Faces of photographs, changed by a translator: values of attributes from texts, pictures before and after."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.images.picture_note import PictureNote
from pipelines.inversion.likeness import Likeness, measure_likeness
from pipelines.inversion.photograph_faces import DrawnFace, Paste, paste_face
from pipelines.sources.photographs import AlignedFace, Photograph
from tlgan.errors import UserError

MOST_OF_BINARY = 10  # of a binary attribute's value, to either side of 0; at 1 it is there as labelled

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator
    from models.networks.translators.conditions import Condition


@dataclass(frozen=True, eq=False)
class TranslatedFace(DrawnFace):
    """A face of a photograph that a translator has changed; `drawn` is the face as it redraws it without a change.

    Attributes
    ----------
    own : float64 array, shape (n_conditions,), the values with which it is redrawn most like itself
    condition : float64 array, shape (n_conditions,), the values asked for, and its own of all other attributes
    changed : uint8 array, shape (R, R, 3)
    """

    own: np.ndarray
    condition: np.ndarray
    changed: np.ndarray

    @property
    def likeness(self) -> Likeness:
        """Of the face as it is redrawn to the crop."""
        return measure_likeness(self.face.crop[None], self.drawn[None])[0]

    def paste(self, how: Paste) -> np.ndarray:
        """The photograph with the change pasted back, uint8 (h, w, 3)."""
        return paste_face(self, self.changed, how)


def translate_face(
    translator: LoadedTranslator, photograph: Photograph, face: AlignedFace, values: Mapping[str, float]
) -> TranslatedFace:
    """Change the attributes of a face that `values` names; the others stay as the face has them.

    Parameters
    ----------
    translator : LoadedTranslator
    photograph : Photograph
    face : AlignedFace, its crop of the translator's resolution
    values : mapping, attribute to value in its own unit

    Raises
    ------
    UserError
        For a category that the translator does not know.
    """
    (own,) = translator.nearest_condition(face.crop[None])
    names = [condition.name for condition in translator.conditions]
    asked = np.array([values.get(name, value) for name, value in zip(names, own.tolist(), strict=True)])
    drawn, changed = translator(np.stack([face.crop] * 2), np.stack([own, asked]))
    return TranslatedFace(photograph, face, drawn, own, asked, changed)


def parse_values(conditions: Sequence[Condition], texts: Iterable[str]) -> dict[str, float]:
    """Values of attributes from texts NAME=VALUE.

    Parameters
    ----------
    conditions : sequence of Condition, the attributes that a translator takes
    texts : of `--set`; 0 or 1 of a binary attribute, the number of a category, the value of a continuous one

    Raises
    ------
    UserError
        For another text, a name that is there twice or is no attribute of the translator, a value out of
        range, or an unknown category.

    Example
    -------
    >>> parse_values(translator.conditions, ["Smiling=1"])
    {'Smiling': 1.0}
    """
    values: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        value = _number(number)
        if not equals or value is None:
            raise UserError(f"`--set` must be NAME=VALUE, without a plus sign. Got {text[:200]!r}.")
        if name in values:
            raise UserError(f"Each attribute can be set once. {name!r} is there twice; leave one out.")
        values[name] = value
    return check_values(conditions, values)


def check_values(conditions: Sequence[Condition], values: Mapping[str, float]) -> dict[str, float]:
    """Values of attributes, checked: of attributes that a translator takes, in range, of known categories."""
    known = {condition.name: condition for condition in conditions}
    for name, value in values.items():
        if name not in known:
            raise UserError(
                f"This translator changes {', '.join(known)}. Got {name[:100]!r}. Name one of these."
            )
        if known[name].kind == "binary" and abs(value) > MOST_OF_BINARY:
            raise UserError(f"`{name}` must be 0 or 1, or within ±{MOST_OF_BINARY}. Got {value:g}.")
        known[name].shares(np.array([value]))
    return dict(values)


def describe_change(conditions: Sequence[Condition], translated: TranslatedFace) -> str:
    """From which values to which a face was changed: "Smiling from 0 to 1"."""
    parts = []
    for condition, before, after in zip(conditions, translated.own, translated.condition, strict=True):
        changed = f"from {before:g} to {after:g}" if before != after else f"stays {after:g}"
        least, most = condition.levels[0], condition.levels[-1]
        if condition.kind == "continuous" and not least <= after <= most:
            changed += f" (drawn as {np.clip(after, least, most):g}; known are {least:g} to {most:g})"
        parts.append(f"{condition.name} {changed}")
    return f"{', '.join(parts)}."


def note_of_translation(translator: LoadedTranslator, translated: TranslatedFace, paste: str) -> PictureNote:
    """The note of a picture that a translator changed; it holds the values, and nothing else of the photograph."""
    names = [condition.name for condition in translator.conditions]
    return PictureNote(
        command="translate",
        generator=translator.name[:200],
        generator_sha256=translator.sha256,
        options={"condition": dict(zip(names, translated.condition.tolist(), strict=True)), "paste": paste},
    )


def _number(text: str) -> float | None:
    """The finite number that a text without a plus sign means; None for others."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "+" not in text.partition("e")[0] else None
