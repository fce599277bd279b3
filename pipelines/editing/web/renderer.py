"""Drawing and reading, one request at a time; of each page's requests only the newest is worth drawing."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from pipelines.runs.finished_run import OpenedRun

KEPT_FACES = 512
KEPT_PAGES = 1024
LARGE = 320  # pixels per side that small faces are sent at


class Superseded(Exception):
    """The page has asked for something newer meanwhile."""


@dataclass(frozen=True, eq=False)
class Face:
    """A drawn face: `image` uint8 (R, R, 3) and `scores` float32 (A,)."""

    image: np.ndarray
    scores: np.ndarray

    @cached_property
    def large(self) -> bytes:
        """The picture as the page shows it: WebP, small ones enlarged by Lanczos' filter.

        A browser's own enlargement of 64 pixels to 400 shows their grid.
        """
        picture = Image.fromarray(self.image)
        scale = max(1, LARGE // picture.width)
        size = picture.width * scale, picture.height * scale
        buffer = io.BytesIO()
        picture.resize(size, Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=92, method=0)
        return buffer.getvalue()


class Renderer:
    """Draws faces of a run for many pages at once; keeps the last ones.

    Parameters
    ----------
    run : OpenedRun
    """

    def __init__(self, run: OpenedRun) -> None:
        self._run = run
        self._drawing = threading.Lock()
        self._guard = threading.Lock()
        self._faces: OrderedDict[bytes, Face] = OrderedDict()
        self._newest: OrderedDict[str, int] = OrderedDict()

    def announce(self, page: str, ticket: int) -> None:
        """Note that a page has asked; its older requests that still wait are given up."""
        with self._guard:
            self._newest[page] = max(ticket, self._newest.get(page, ticket))
            self._newest.move_to_end(page)
            while len(self._newest) > KEPT_PAGES:
                self._newest.popitem(last=False)

    def faces(self, latents: np.ndarray, page: str = "", ticket: int = 0) -> list[Face]:
        """Draw and read latents, shape (n, latent_dim).

        Raises
        ------
        Superseded
            Where `page` has announced a newer ticket before all were drawn.
        """
        return [self._face(np.asarray(latent, np.float32), page, ticket) for latent in latents]

    def _face(self, latent: np.ndarray, page: str, ticket: int) -> Face:
        key = latent.tobytes()
        with self._guard:
            if key in self._faces:
                self._faces.move_to_end(key)
                return self._faces[key]
        with self._drawing:
            if page and self._newest.get(page, ticket) > ticket:
                raise Superseded
            image = self._run.draw(latent[None])
            face = Face(image[0], self._run.read(latent[None], image)[0])
        with self._guard:
            self._faces[key] = face
            while len(self._faces) > KEPT_FACES:
                self._faces.popitem(last=False)
        return face
