"""The translators that the editor offers, and the photographs that its page has opened for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data.images.alignment import cut_square
from pipelines.editing.translated_faces import TranslatedFace, translate_face
from pipelines.editing.web.photographs import RecentPhotographs, align_opened
from pipelines.sources.photographs import AlignedFace, Photograph, align_face
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator

CROP = 64  # pixels per side of a crop before a translator says its own

OpenedFace = tuple[Photograph, AlignedFace]


class OfferedTranslators:
    """Translators by name, each opened when it is first asked for; they draw one face at a time.

    Parameters
    ----------
    names : sequence of str
    open_translator : callable, a name to its `LoadedTranslator`
    """

    def __init__(self, names: Sequence[str], open_translator: Callable[[str], LoadedTranslator]) -> None:
        self.names = tuple(names)
        self.photographs: RecentPhotographs[OpenedFace] = RecentPhotographs()
        self._open = open_translator
        self._opened: dict[str, LoadedTranslator] = {}
        self._drawing = threading.Lock()

    def translator(self, name: object) -> LoadedTranslator:
        """The translator of this name; `UserError` where none is offered, or its file is damaged."""
        if name not in self.names:
            raise UserError(f"`translator` must be one of {', '.join(self.names)}. Got {str(name)[:40]!r}.")
        with self._drawing:
            if name not in self._opened:
                self._opened[str(name)] = self._open(str(name))
            return self._opened[str(name)]

    def add_photograph(self, content: bytes) -> tuple[str, OpenedFace]:
        """Align the largest face of a photograph's file; gives its key, and the face."""
        opened = align_opened(content, CROP)
        return self.photographs.add(opened), opened

    def translate(
        self, translator: LoadedTranslator, opened: OpenedFace, values: Mapping[str, float]
    ) -> TranslatedFace:
        """Change a face, cut out as large as the translator takes it; see `translate_face`."""
        photograph, face = opened
        crop = cut_square(photograph.pixels, face.placement, translator.resolution)
        with self._drawing:
            return translate_face(translator, photograph, AlignedFace(crop, face.placement), values)


def drawn_face(image: np.ndarray) -> OpenedFace:
    """A drawn picture, uint8 (R, R, 3), as a photograph that is all face."""
    photograph = Photograph(image)
    return photograph, align_face(photograph, 1, CROP)
