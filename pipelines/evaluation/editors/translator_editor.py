"""Editors that were built for it: networks that redraw a picture under a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.evaluation.editors.editor import Faces, Images, check_amounts, check_attribute

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator


@dataclass(frozen=True, eq=False)
class TranslatorEditor:
    """An `Editor` that tells a translator another value of the attribute than the face has.

    An amount is in the attribute's own unit: 1 is from absent to present of a binary attribute, and more is what no
    label says. Its other conditions are told as the face has them. It takes pictures as they are, without latents.

    Attributes
    ----------
    name : str
    translator : LoadedTranslator
        Of a Fader network, or of an autoencoder with a decoder for each domain: then the decoder is taken whose
        level is nearest.
    """

    name: str
    translator: LoadedTranslator

    @property
    def attributes(self) -> tuple[str, ...]:
        """Its conditions that have an order: of a category there is no more or less."""
        return tuple(known.name for known in self.translator.conditions if known.kind != "categorical")

    def __call__(self, faces: Faces, attribute: str, amounts: np.ndarray) -> Images:
        """Edited pictures; see `pipelines.evaluation.editors.editor.Editor`."""
        check_attribute(self, attribute)
        told = self._values(faces)
        told[:, self._names.index(attribute)] += check_amounts(faces, amounts)
        return self.translator(faces.images, told)

    def towards(self, faces: Faces, attribute: str, value: float) -> Images:
        """Faces redrawn with one value for all, a category's number too: as another person, say."""
        told = self._values(faces)
        told[:, self._names.index(attribute)] = value
        return self.translator(faces.images, told)

    @property
    def _names(self) -> Sequence[str]:
        return [known.name for known in self.translator.conditions]

    def _values(self, faces: Faces) -> np.ndarray:
        return np.stack([faces.value_of(name) for name in self._names], axis=1)
