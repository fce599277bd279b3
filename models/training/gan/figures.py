"""How near drawn faces are to photographs that no training saw, how varied, and whether they are faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.loaders.embedder import LoadedEmbedder, load_embedder
from models.loaders.labeller import LoadedLabeller, load_labeller
from tlgan.errors import UserError
from tlgan.evaluation.image_distances import SMALLEST_LEVEL, frechet_distance, sliced_wasserstein
from tlgan.evaluation.nearest_neighbours import precision_recall
from tlgan.evaluation.variety import rarer_attributes, spread_ratio
from tlgan.images import shrink_by_area
from tlgan.latents.sampling import draw_latents

SEED = 78
FEWEST = 4  # photographs that can be compared: each has three neighbours
MOST = 2000  # photographs that are compared, where nothing else is said
RECOGNISER, DETECTOR = "face-api-recognition", "face-api-detector"


@dataclass(frozen=True, eq=False)
class MeasuringNetworks:
    """Networks that describe photographs and drawn faces; what one would tell is left out where it is None.

    Attributes
    ----------
    labeller : LoadedLabeller or None
    judge : LoadedLabeller or None, a second labeller: its features alone are used
    embedder : LoadedEmbedder or None, a recogniser of faces, which had no part in any training here
    detector : LoadedLabeller or None, whose first attribute is a face
    """

    labeller: LoadedLabeller | None = None
    judge: LoadedLabeller | None = None
    embedder: LoadedEmbedder | None = None
    detector: LoadedLabeller | None = None


@dataclass(frozen=True, eq=False)
class FaceReadings:
    """Faces, and what networks read in them.

    Attributes
    ----------
    images : uint8 array, shape (n, r, r, 3)
    columns : mapping, name to array of n rows; there for the networks that are there:
        `features` (n, F) and `scores` (n, K) of the labeller, `logits` (n, B), the scores of binary attributes,
        `judge_features` (n, G), `vectors` (n, E) of the embedder, `found` (n,), whether the detector finds a face
    """

    images: np.ndarray
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, rows: np.ndarray | slice) -> FaceReadings:
        """Some of the faces."""
        return FaceReadings(self.images[rows], {name: values[rows] for name, values in self.columns.items()})


def open_measuring_networks(labeller: str) -> tuple[MeasuringNetworks, list[str]]:
    """Open the labeller and the judge of a name and the networks for faces, as far as they are there.

    Returns
    -------
    networks : MeasuringNetworks
    notes : list of str, for each network that is not there a sentence that says what is left out
    """
    notes: list[str] = []
    networks = open_face_networks(notes)
    try:
        reader = load_labeller(labeller)
    except UserError as error:
        return networks, [f"No Fréchet distance, spread and shares of attributes: {error}", *notes]
    judge = load_labeller(labeller, "judge")  # the labeller itself where there is none
    other = judge if judge.sha256 != reader.sha256 else None
    return replace(networks, labeller=reader, judge=other), notes


def open_face_networks(
    notes: list[str], batch_size_cache: MutableMapping[str, Any] | None = None
) -> MeasuringNetworks:
    """Open the recogniser and the detector of `make face-api`.

    Parameters
    ----------
    notes : list of str, gets a sentence for each that is not there
    batch_size_cache : as for `models.load_labeller`
    """
    embedder = detector = None
    try:
        embedder = load_embedder(RECOGNISER, batch_size_cache=batch_size_cache)
    except UserError as error:
        notes.append(f"No precision and recall: {error}")
    try:
        detector = load_labeller(DETECTOR, batch_size_cache=batch_size_cache)
    except UserError as error:
        notes.append(f"No share of drawn faces that are found: {error}")
    return MeasuringNetworks(embedder=embedder, detector=detector)


def read_faces(images: np.ndarray, networks: MeasuringNetworks) -> FaceReadings:
    """Let networks read faces, uint8 (n, r, r, 3) of any size."""
    columns: dict[str, np.ndarray] = {}
    if networks.labeller is not None:
        scores, columns["features"] = networks.labeller.score_and_features(images)
        binary = np.array([kind == "binary" for kind in networks.labeller.kinds], bool)
        columns |= {"scores": scores, "logits": scores[:, binary]}
    if networks.judge is not None:
        columns["judge_features"] = networks.judge.score_and_features(images)[1]
    if networks.embedder is not None:
        columns["vectors"] = networks.embedder(images)
    if networks.detector is not None:
        columns["found"] = networks.detector.score_rows(images)[:, 0] > 0
    return FaceReadings(images, columns)


def some_rows(rows: np.ndarray, most: int = MOST) -> np.ndarray:
    """At most so many of the rows, in an order that is random, but always the same."""
    return np.random.default_rng(SEED).permutation(rows)[:most]


def compare_faces(
    photographs: FaceReadings, drawn: FaceReadings, others: FaceReadings | None = None
) -> dict[str, float]:
    """Distances of drawn faces to photographs, and variety of both.

    Parameters
    ----------
    photographs, drawn : FaceReadings of the same resolution and by the same networks, equally many: most figures
        depend on how many there are
    others : FaceReadings or None, as many photographs of other people. Compared in place of the drawn faces, as
        `<figure>_floor`, they tell what a perfect generator would reach

    Returns
    -------
    dict of str to float: `sliced_wasserstein` (×1000; also of each level); `frechet` in the labeller's features;
    `feature_spread` and `score_spread` (drawn over photographs, 1 is equal); `rare_attributes` (binary attributes
    whose share is below a third of the photographs'); `frechet_judge`; `precision` and `recall` (Kynkäänniemi et
    al. 2019, arXiv 1904.06991) in the embedder's vectors; `faces_found`, the share of drawn faces in which the
    detector finds one
    """
    figures: dict[str, float] = {}
    if photographs.images.shape[1] >= SMALLEST_LEVEL:
        n = min(len(photographs), len(drawn))
        levels = sliced_wasserstein(photographs.images[:n], drawn.images[:n])
        figures["sliced_wasserstein"] = float(np.mean(list(levels.values())))
        figures |= {f"sliced_wasserstein_{level}px": value for level, value in levels.items()}
    real, other = photographs.columns, drawn.columns
    if "features" in real:
        figures["frechet"] = frechet_distance(real["features"], other["features"])
        figures["feature_spread"] = spread_ratio(real["features"], other["features"])
        figures["score_spread"] = spread_ratio(real["scores"], other["scores"])
        figures["rare_attributes"] = float(rarer_attributes(real["logits"], other["logits"]).sum())
    if "judge_features" in real:
        figures["frechet_judge"] = frechet_distance(real["judge_features"], other["judge_features"])
    if "vectors" in real:
        figures |= precision_recall(real["vectors"], other["vectors"])._asdict()
    if "found" in real:
        figures["faces_found"] = float(other["found"].mean())
    if others is not None:
        floor = compare_faces(photographs, others)
        figures |= {f"{name}_floor": value for name, value in floor.items()}
    return figures


def measure_gan(
    draw: Callable[[np.ndarray], np.ndarray],
    latent_dim: int,
    photographs: np.ndarray,
    networks: MeasuringNetworks = MeasuringNetworks(),
    others: np.ndarray | None = None,
) -> dict[str, float]:
    """Draw as many faces as there are photographs and compare both; see `compare_faces`.

    Below the photographs' resolution these are shrunk by area, and the networks for faces are not asked: they
    would tell nothing of so few pixels.

    Parameters
    ----------
    draw : callable, latents (n, latent_dim) to uint8 images (n, r, r, 3)
    photographs : uint8 array, shape (n, R, R, 3), R a multiple of r
    networks : MeasuringNetworks
    others : uint8 array, shape (m, R, R, 3), or None, photographs of other people: as many of them as there are
        photographs, taken at random, give the floors of the figures

    Returns
    -------
    dict of str to float: `faces_compared`, and the figures; empty for fewer than 4 photographs
    """
    if len(photographs) < FEWEST:
        return {}
    drawn = draw(draw_latents(0, len(photographs), latent_dim, seed=SEED))
    if drawn.shape[1] < photographs.shape[1]:
        networks = replace(networks, embedder=None, detector=None)

    def read(images: np.ndarray) -> FaceReadings:
        return read_faces(shrink_by_area(images, drawn.shape[1]), networks)

    floor = None
    if others is not None and len(others) >= FEWEST:
        floor = read(others[some_rows(np.arange(len(others)), len(photographs))])
    figures = compare_faces(read(photographs), read(drawn), floor)
    return {"faces_compared": float(len(photographs)), **figures}
