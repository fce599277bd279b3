"""Photographs of people that no network of this project saw, and their latents for the editors that need them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.face_api import read_people
from pipelines.evaluation.editors.editor import Faces

if TYPE_CHECKING:
    from models.protocols import Generator
    from pipelines.recipe.load import Recipe

ROWS, STARTS = 8, 4  # photographs that are searched for together; starts of each search


def read_faces(rows: int) -> Faces:
    """The first photographs of CelebA's test people, 64×64, with all their labels."""
    people = read_people(rows)
    return Faces(people.images, {name: people.labels[:, place] for place, name in enumerate(people.names)})


def found_latents(recipe: Recipe, generator: Generator, faces: Faces, steps: int) -> Faces:
    """Faces with latents that the committed encoder finds, or a search that begins there; prints how long it took.

    Parameters
    ----------
    steps : int
        Of the search for each photograph; 0 takes what the encoder finds.
    """
    from models.inversion.inverter import SearchOptions
    from pipelines.inversion.open_inverter import open_inverter

    inverter = open_inverter(recipe, generator).inverter
    options = SearchOptions(steps, STARTS)
    whole = -(-len(faces) // ROWS) * ROWS  # a search compiles for so many photographs
    images = np.resize(faces.images, (whole, *faces.images.shape[1:]))
    began = time.perf_counter()
    parts = [inverter(images[start : start + ROWS], options).latents for start in range(0, whole, ROWS)]
    seconds = (time.perf_counter() - began) / whole
    print(f"latents of {len(faces)} photographs: {1000 * seconds:.0f} ms each ({steps} steps)", flush=True)
    return replace(faces, latents=np.concatenate(parts)[: len(faces)])
