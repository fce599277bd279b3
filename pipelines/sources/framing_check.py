"""Whether a labeller sees pictures framed as the photographs it knows, and which part of the pictures would be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.weights.feature_statistics import FeatureStatistics, read_feature_statistics
from pipelines.recipe.sections import View
from pipelines.sources.photographs import size_for
from pipelines.sources.source import Source
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.loaders.labeller import LoadedLabeller

LOOKED_AT, LEAST = 256, 64  # pictures; of fewer nothing is said
LOOKED_AT_BYTES = 2**28  # of large pictures fewer are looked at
TRIED_ON = 64  # pictures on which parts are compared
# Between faces of the committed generator (1.09) and the nearest crop of CelebA that costs two points of accuracy
# (1.20): `python -m benchmarks.framing`.
FAR = 1.15
NEARER = 0.75  # a part is proposed where it lowers the distance at least by this factor
SIDES, MIDDLES = (0.85, 0.7, 0.55), (0.45, 0.52, 0.6)  # of the parts that are tried first
NEAR = 0.4  # no search goes on below this
DETECTED_AT, DETECTED_IN = 256, 32  # pixels per side at which faces are looked for; pictures
LEAST_DETECTED = 1 / 3  # share of pictures with a face
# What may have happened to the pictures, in words that follow "Nearer, at 0.3: ".
CHANGES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "with red and blue swapped (a generator's `colours`: docs/how-to/bring-a-generator.md)": lambda images: (
        images[..., ::-1]
    ),
    "upside down": lambda images: images[:, ::-1],
    "as negatives (a generator's `range`: docs/how-to/bring-a-generator.md)": lambda images: 255 - images,
}


@dataclass(frozen=True)
class Framing:
    """How far pictures are from the photographs that a labeller knows.

    Attributes
    ----------
    labeller : str
    distance : float, in standard deviations; see `models.weights.feature_statistics`
    far : bool, whether it is beyond the threshold
    view : tuple or None, (left, top, side) of the part of a whole picture that is nearer, where there is one
    nearer : float, distance of that part, or of the pictures with the change; NaN where there is neither
    change : str, what brings the pictures nearest where no part does, a key of `CHANGES`; or ""
    """

    labeller: str
    distance: float
    far: bool
    view: tuple[float, float, float] | None = None
    nearer: float = math.nan
    change: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person should know; nothing where the pictures are near."""
        if not self.far:
            return ()
        first = (
            f"{self.labeller} knows faces that are framed otherwise: these pictures are at {self.distance:.1f} from "
            f"its photographs, and beyond {FAR:g} it misreads more (another crop, turned, blurred, or no faces)."
        )
        if self.change:
            return first, f"Nearer, at {self.nearer:.1f}: {self.change}."
        if self.view is None:
            return first, "No square inside the pictures is much nearer; look at them, and doubt the labels."
        left, top, side = self.view
        return (
            first,
            f"Nearer, at {self.nearer:.1f}: [view] with left = {left:g}, top = {top:g}, side = {side:g}.",
        )

    @property
    def record(self) -> dict[str, Any]:
        """For the attributes of an artefact; see `read_framing`."""
        return {
            "labeller": self.labeller,
            "distance": self.distance,
            "far": self.far,
            "view": None if self.view is None else list(self.view),
            "nearer": None if math.isnan(self.nearer) else self.nearer,
            "change": self.change,
        }


def read_framing(record: Mapping[str, Any]) -> Framing:
    """What `Framing.record` wrote."""
    view, nearer = record["view"], record["nearer"]
    return Framing(
        str(record["labeller"]),
        float(record["distance"]),
        bool(record["far"]),
        None if view is None else (float(view[0]), float(view[1]), float(view[2])),
        math.nan if nearer is None else float(nearer),
        str(record["change"]),
    )


def pictures_to_look_at(resolution: int) -> int:
    """How many pictures of so many pixels per side are looked at."""
    return min(LOOKED_AT, max(LEAST, LOOKED_AT_BYTES // (3 * resolution**2)))


def labeller_statistics(source: Source) -> FeatureStatistics | None:
    """The statistics beside a labeller's file; None where there are none."""
    return None if source.weights is None or source.by_hand else read_feature_statistics(source.weights)


def check_framing(
    labeller: LoadedLabeller,
    statistics: FeatureStatistics,
    pictures: NDArray[np.uint8],
    view: View | None = None,
) -> Framing | None:
    """Compare pictures with the photographs that a labeller knows; look for a nearer part where they are far.

    Parameters
    ----------
    labeller : LoadedLabeller
    statistics : FeatureStatistics, of this labeller
    pictures : uint8 array, shape (n, R, R, 3)
        As the labeller is given them.
    view : View or None
        The part of whole pictures that these are; what is proposed is a part of whole pictures again.

    Returns
    -------
    Framing or None
        None where the pictures are too few, or have no score.
    """
    pictures = pictures[:LOOKED_AT]
    if len(pictures) < LEAST:
        return None
    distance = _distance(labeller, statistics, pictures)
    if math.isnan(distance):
        return None
    if distance <= FAR:
        return Framing(labeller.name, distance, far=False)
    few = pictures[:TRIED_ON]
    changed = {name: _distance(labeller, statistics, change(few)) for name, change in CHANGES.items()}
    change = min(changed, key=lambda name: changed[name])
    if changed[change] <= NEAR:
        return Framing(labeller.name, distance, True, None, changed[change], change)
    nearest, part = _nearest_part(labeller, statistics, few)
    if min(nearest, changed[change]) > NEARER * distance:
        return Framing(labeller.name, distance, far=True)
    if changed[change] < nearest:
        return Framing(labeller.name, distance, True, None, changed[change], change)
    left, top, side = part
    if view is not None:
        left, top, side = view.left + left * view.side, view.top + top * view.side, side * view.side
    rounded = (round(left, 3), round(top, 3), math.floor(side * 1000) / 1000)
    return Framing(labeller.name, distance, True, rounded, nearest)


def _distance(labeller: LoadedLabeller, statistics: FeatureStatistics, pictures: NDArray[np.uint8]) -> float:
    return statistics.distance(*labeller.score_and_features(pictures, np.zeros((len(pictures), 0)), 0))


def _nearest_part(
    labeller: LoadedLabeller, statistics: FeatureStatistics, pictures: NDArray[np.uint8]
) -> tuple[float, tuple[float, float, float]]:
    """The part of the pictures that is nearest, among a few, and its distance: a coarse search, then a finer one."""
    size = size_for(labeller)
    tried: dict[tuple[float, float, float], float] = {}

    def try_all(parts: Iterable[tuple[float, float, float]]) -> None:
        for left, top, side in parts:
            part = _inside(left, top, side)
            if part not in tried and min(tried.values(), default=math.inf) > NEAR:
                tried[part] = _distance(labeller, statistics, cut_part(pictures, part, size))

    try_all(_detected_parts(pictures))
    try_all(_coarse_parts())
    for step in (0.05, 0.025):
        left, top, side = min(tried, key=lambda part: tried[part])
        moves = ((step, 0, 0), (-step, 0, 0), (0, step, 0), (0, -step, 0))
        try_all((left + x, top + y, side) for x, y, _ in moves)
        left, top, side = min(tried, key=lambda part: tried[part])
        try_all((left - change / 2, top - change / 2, side + change) for change in (step, -step))
    best = min(tried, key=lambda part: tried[part])
    return tried[best], best


def _coarse_parts() -> Iterator[tuple[float, float, float]]:
    for side in SIDES:
        for middle in MIDDLES:
            yield 0.5 - side / 2, middle - side / 2, side


def _inside(left: float, top: float, side: float) -> tuple[float, float, float]:
    """The part moved and shrunk as little as needed to lie in the picture."""
    side = min(max(side, 0.1), 1.0)
    return min(max(left, 0.0), 1 - side), min(max(top, 0.0), 1 - side), side


def cut_part(pictures: NDArray[np.uint8], part: tuple[float, float, float], size: int) -> NDArray[np.uint8]:
    """Cut a part (left, top, side, in sides of a picture) out of pictures by area, as `[view]` does."""
    pixels = pictures.shape[1]
    left, top, side = (value * pixels for value in part)
    box = (left, top, min(left + side, pixels), min(top + side, pixels))
    cut = [
        Image.fromarray(picture).resize((size, size), Image.Resampling.BOX, box=box) for picture in pictures
    ]
    return np.stack([np.asarray(image) for image in cut])


def _detected_parts(pictures: NDArray[np.uint8]) -> Iterator[tuple[float, float, float]]:
    """The part that shows most faces as CelebA's photographs do; none without the detector, or where it finds few."""
    from data.images.alignment import place_square
    from data.readers.celeba import DEFAULT_CROP
    from models.loaders.face_detector import load_face_detector

    try:
        detector = load_face_detector()
    except UserError:
        return
    found = []
    for picture in pictures[:DETECTED_IN]:
        enlarged = Image.fromarray(picture).resize((DETECTED_AT, DETECTED_AT), Image.Resampling.BICUBIC)
        faces = detector(np.asarray(enlarged))
        if len(faces):
            placed = place_square(faces.landmarks[0], DEFAULT_CROP)
            found.append((*placed.points([0.5, 0.5]), placed.scale))
    if len(found) >= LEAST_DETECTED * min(DETECTED_IN, len(pictures)):
        x, y, side = np.median(found, axis=0) / DETECTED_AT
        yield x - side / 2, y - side / 2, side
