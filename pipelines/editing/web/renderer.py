"""Draw faces and score them, one at a time; of each page's requests only the newest is drawn."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from pipelines.images.picture_files import QUALITY, enlarge_images
from pipelines.runs.finished_run import OpenedRun

MOST_FACES = 512  # in memory
MOST_PAGES = 1024  # whose newest ticket is known
LARGE_SIDE = 320  # pixels per side that small faces are sent at


class Superseded(Exception):
    """The page has asked for something newer meanwhile."""


@dataclass(frozen=True)
class Ticket:
    """Place of a request among those of its page: the larger `number` is the newer.

    Attributes
    ----------
    page : str, "" for a request that nothing supersedes
    number : int
    """

    page: str = ""
    number: int = 0


@dataclass(frozen=True, eq=False)
class Face:
    """A drawn face: `image` uint8 (R, R, 3) and the labellers' `scores` float32 (n_axes,), NaN if unknown."""

    image: np.ndarray
    scores: np.ndarray

    @cached_property
    def large_webp(self) -> bytes:
        """The picture as the page shows it: a WebP file, small ones enlarged.

        A browser that enlarges 64 pixels to 400 itself shows their grid.
        """
        image = enlarge_images(self.image[None], max(1, LARGE_SIDE // self.image.shape[1]))[0]
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "WEBP", quality=QUALITY, method=0)
        return buffer.getvalue()


class Renderer:
    """Draws faces of a run for many pages at once; the last ones stay in memory.

    Parameters
    ----------
    run : OpenedRun
    """

    def __init__(self, run: OpenedRun) -> None:
        self._run = run
        self._drawing = threading.Lock()
        self._lock = threading.Lock()
        self._faces: OrderedDict[bytes, Face] = OrderedDict()
        self._newest: OrderedDict[str, int] = OrderedDict()

    def announce(self, ticket: Ticket) -> None:
        """Note the request of a page; its older requests that still wait are given up."""
        with self._lock:
            self._newest[ticket.page] = max(ticket.number, self._newest.get(ticket.page, ticket.number))
            self._newest.move_to_end(ticket.page)
            while len(self._newest) > MOST_PAGES:
                self._newest.popitem(last=False)

    def faces(self, latents: np.ndarray, ticket: Ticket = Ticket()) -> list[Face]:
        """Draw and score latents, shape (n, latent_dim).

        Raises
        ------
        Superseded
            Where the page has announced a newer ticket before all were drawn.
        """
        return [self._face(np.asarray(latent, np.float32), ticket) for latent in latents]

    def best_row(self, latents: np.ndarray) -> int:
        """The row of the latents, shape (n, latent_dim), whose picture the discriminator scores best."""
        with self._drawing:
            return int(self._run.best_rows(latents, len(latents))[0])

    def _face(self, latent: np.ndarray, ticket: Ticket) -> Face:
        key = latent.tobytes()
        if face := self._drawn(key):
            return face
        with self._drawing:
            if face := self._drawn(key):  # by a request that waited for the same face
                return face
            with self._lock:
                superseded = ticket.page and self._newest.get(ticket.page, ticket.number) > ticket.number
            if superseded:
                raise Superseded
            image = self._run.draw(latent[None])
            face = Face(image[0], self._run.read(latent[None], image)[0])
        with self._lock:
            self._faces[key] = face
            while len(self._faces) > MOST_FACES:
                self._faces.popitem(last=False)
        return face

    def _drawn(self, key: bytes) -> Face | None:
        with self._lock:
            if key not in self._faces:
                return None
            self._faces.move_to_end(key)
            return self._faces[key]
