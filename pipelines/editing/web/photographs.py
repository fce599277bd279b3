"""Photographs that pages have opened: their faces, in memory alone, until they are closed or newer ones come."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from data.images.photograph import decode_photograph
from pipelines.inversion.likeness import Likeness, measure_likeness
from pipelines.inversion.open_inverter import OpenedInverter
from pipelines.inversion.photograph_faces import InvertedFace, invert_face
from pipelines.sources.photographs import AlignedFace, Photograph, align_face, search_photograph
from tlgan.errors import UserError

MOST_PHOTOGRAPHS = 4  # in memory
MOST_PIXELS = 24_000_000  # of an opened photograph; its bytes are bounded by the request
STEPS, STARTS = 120, 2  # of a search, for which a person waits

Opened = TypeVar("Opened")


class RecentPhotographs(Generic[Opened]):
    """What pages have opened last, by random keys; the oldest are forgotten, and nothing is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, Opened] = OrderedDict()

    def add(self, opened: Opened) -> str:
        """Hold what was opened; gives its key."""
        key = uuid.uuid4().hex
        with self._lock:
            self._opened[key] = opened
            while len(self._opened) > MOST_PHOTOGRAPHS:
                self._opened.popitem(last=False)
        return key

    def get(self, key: str) -> Opened:
        """What was opened under a key; `UserError` where it is not there any more."""
        with self._lock:
            if key not in self._opened:
                raise UserError("This photograph is no longer open. Open it again.")
            self._opened.move_to_end(key)
            return self._opened[key]

    def close(self, key: str) -> None:
        """Forget what was opened; a key that is gone already is no error."""
        with self._lock:
            self._opened.pop(key, None)


def align_opened(content: bytes, size: int) -> tuple[Photograph, AlignedFace]:
    """The largest face of a photograph's file, aligned, its crop `size` pixels wide.

    Raises
    ------
    UserError
        Where it is no photograph with a face, or too large.
    """
    try:
        pixels = decode_photograph(content)
        if pixels.shape[0] * pixels.shape[1] > MOST_PIXELS:
            raise UserError(
                f"must have at most {MOST_PIXELS:,} pixels. Got {pixels.shape[1]}×{pixels.shape[0]}. Shrink it."
            )
        photograph = search_photograph(pixels)
        return photograph, align_face(photograph, 1, size)
    except UserError as reason:
        raise UserError(f"The photograph: {reason}") from reason


class PhotographStore:
    """The faces of the last photographs that were opened, by random keys; nothing of them is written.

    Parameters
    ----------
    open_inverter : callable
        Gives an `OpenedInverter`; called when the first photograph comes.
    """

    def __init__(self, open_inverter: Callable[[], OpenedInverter]) -> None:
        self._open_inverter = open_inverter
        self._searching = threading.Lock()
        self._faces: RecentPhotographs[InvertedFace] = RecentPhotographs()

    @cached_property
    def opened(self) -> OpenedInverter:
        """What finds latents, and what judges them."""
        return self._open_inverter()

    def add(self, content: bytes) -> tuple[str, InvertedFace]:
        """Find the largest face of a photograph, and its latent.

        Parameters
        ----------
        content : bytes, of the photograph's file

        Returns
        -------
        the key, and the face

        Raises
        ------
        UserError
            Where it is no photograph with a face, too large, or another search is under way.
        """
        if not self._searching.acquire(blocking=False):
            raise UserError("Another photograph is being opened. Wait until it is there.")
        try:
            face = self._invert(content)
        finally:
            self._searching.release()
        return self._faces.add(face), face

    def _invert(self, content: bytes) -> InvertedFace:
        from models.inversion.inverter import SearchOptions

        size = self.opened.inverter.objective.generator.resolution
        photograph, aligned = align_opened(content, size)
        return invert_face(self.opened, photograph, aligned, SearchOptions(STEPS, STARTS))

    def face(self, key: str) -> InvertedFace:
        """The face of a photograph that was opened; `UserError` where it is not there any more."""
        return self._faces.get(key)

    def close(self, key: str) -> None:
        """Forget a photograph; one that is gone already is no error."""
        self._faces.close(key)

    def likeness(self, face: InvertedFace, image: np.ndarray) -> Likeness:
        """How near a drawn face, uint8 (R, R, 3), comes to that of the photograph."""
        opened = self.opened
        (likeness,) = measure_likeness(face.face.crop[None], image[None], opened.judge, opened.recogniser)
        return likeness
