"""How a generator's pictures compare with photographs of people that no training saw: figures, shares, copies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.images.charts import titled_pictures
from pipelines.images.picture_files import contact_sheet, save_png
from pipelines.recipe.load import Recipe
from pipelines.sources.labellers import judge_source, labeller_source
from pipelines.sources.source import BATCH_SIZES
from pipelines.workflow.machine_cache import MachineCache
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.evaluation.nearest_neighbours import nearest_rows
from tlgan.evaluation.variety import attribute_shares, rarer_attributes
from tlgan.images import shrink_by_area
from tlgan.storage.atomic_files import replacing

if TYPE_CHECKING:
    from models.protocols import Generator
    from models.training.gan.figures import FaceReadings, MeasuringNetworks

NEAREST = 5  # photographs shown beside a drawn face
SHOWN = 8  # drawn faces shown with them
SHEET = 64  # drawn faces on the sheet, unselected


@dataclass(frozen=True, eq=False)
class AttributeShares:
    """Shares of faces in which a labeller reads each binary attribute.

    Attributes
    ----------
    names : tuple of str, shape (B,)
    photographs, drawn : float64 arrays, shape (B,), 0 to 1
    rare : bool array, shape (B,), whether the drawn share is below a third of the photographs'
    """

    names: tuple[str, ...]
    photographs: np.ndarray
    drawn: np.ndarray
    rare: np.ndarray


@dataclass(frozen=True, eq=False)
class NearestPhotographs:
    """The training photographs nearest to some drawn faces, in a recogniser's vectors.

    Attributes
    ----------
    searched : int, training photographs that were looked through
    median, median_unseen : float, cosine distance to the nearest of them: of drawn faces, and of photographs of
        people that no training saw; a generator that copies would be much nearer than these
    least, least_unseen : float, the smallest of these distances
    drawn : uint8 array, shape (m, r, r, 3), the drawn faces that come nearest to a photograph
    photographs : uint8 array, shape (m, k, R, R, 3), the nearest first
    distances : float64 array, shape (m, k), cosine
    """

    searched: int
    median: float
    median_unseen: float
    least: float
    least_unseen: float
    drawn: np.ndarray
    photographs: np.ndarray
    distances: np.ndarray


@dataclass(frozen=True, eq=False)
class GeneratorMeasure:
    """What was measured of a generator.

    Attributes
    ----------
    generator, sha256 : str
    readers : dict, role to name of the networks that read, "labeller", "judge", "embedder" and "detector"
    images : uint8 array, shape (n, r, r, 3), the drawn faces, compared with as many photographs
    n_others : int, photographs of the training part that give the floors
    figures : dict, see `models.training.gan.figures.compare_faces`
    shares : AttributeShares or None
    nearest : NearestPhotographs or None
    """

    generator: str
    sha256: str
    readers: dict[str, str]
    images: np.ndarray
    n_others: int
    figures: dict[str, float]
    shares: AttributeShares | None
    nearest: NearestPhotographs | None

    def as_json(self) -> dict[str, Any]:
        """Everything but the pictures."""
        content: dict[str, Any] = {
            "generator": self.generator,
            "sha256": self.sha256,
            **self.readers,
            "faces_drawn": len(self.images),
            "photographs": len(self.images),
            "photographs_of_the_floor": self.n_others,
            "figures": self.figures,
        }
        if self.shares is not None:
            shares = zip(self.shares.names, self.shares.photographs, self.shares.drawn, strict=True)
            content["attribute_shares"] = {
                name: {"photographs": float(real), "drawn": float(drawn)} for name, real, drawn in shares
            }
        if self.nearest is not None:
            content["nearest_training_photograph"] = {
                "searched": self.nearest.searched,
                "median_distance": {"drawn": self.nearest.median, "unseen": self.nearest.median_unseen},
                "least_distance": {"drawn": self.nearest.least, "unseen": self.nearest.least_unseen},
            }
        return content


def open_networks(recipe: Recipe, trained: Sequence[Step] = ()) -> tuple[MeasuringNetworks, list[str]]:
    """Open the networks that measure: the recipe's first labeller and its judge, and those for faces.

    Parameters
    ----------
    recipe : Recipe
    trained : sequence of Step, those that train the recipe's own networks

    Returns
    -------
    networks : MeasuringNetworks
    notes : list of str, for each network that is not there a sentence that says what is left out
    """
    from models.training.gan.figures import open_face_networks

    notes: list[str] = []
    networks = open_face_networks(notes, MachineCache(BATCH_SIZES))
    readers = {
        "labeller": partial(labeller_source, recipe, recipe.label.labellers[0], trained=trained),
        "judge": partial(judge_source, recipe, trained),
    }
    for role, find in readers.items():
        try:
            source = find()
            if not source.reads_images:
                raise UserError(f"{source.name} reads no images.")
            networks = replace(networks, **{role: source.open()})
        except UserError as error:
            notes.append(f"No Fréchet distance in the features of a {role}: {error}")
    return networks, notes


def measure_generator(
    generator: Generator, photographs: np.ndarray, training: np.ndarray, networks: MeasuringNetworks
) -> GeneratorMeasure:
    """Draw as many faces as there are photographs and compare both.

    Parameters
    ----------
    generator : Generator
    photographs : uint8 array, shape (n, R, R, 3), of people that no training saw
    training : uint8 array, shape (t, R, R, 3), photographs that the generator was trained on, in random order: the
        first n of them give the floors, and all are looked through for copies
    networks : MeasuringNetworks

    Raises
    ------
    UserError
        For too few photographs, or pictures of sizes of which none divides the other.
    """
    from models.training.gan.figures import FEWEST, SEED, compare_faces, read_faces
    from tlgan.latents.sampling import draw_latents

    if min(len(photographs), len(training)) < FEWEST:
        raise UserError(
            f"test and training part must have {FEWEST} photographs or more to measure a generator. Got "
            f"{len(photographs)} and {len(training)}. Change `data.split`, or give more photographs."
        )
    latents = draw_latents(0, len(photographs), generator.latent_dim, space=generator.latent_space, seed=SEED)
    images = generator(latents)
    size = _common_size(photographs.shape[1], images.shape[1])
    seen, drawn, others = (
        read_faces(shrink_by_area(part, size), networks)
        for part in (photographs, images, training[: len(photographs)])
    )
    roles = {role: getattr(networks, role) for role in ("labeller", "judge", "embedder", "detector")}
    return GeneratorMeasure(
        generator=generator.name,
        sha256=generator.sha256,
        readers={role: network.name for role, network in roles.items() if network is not None},
        images=images,
        n_others=len(others),
        figures=compare_faces(seen, drawn, others),
        shares=_shares(seen, drawn, networks),
        nearest=_nearest(seen, drawn, others, training, networks),
    )


def _common_size(photographs: int, drawn: int) -> int:
    """Pixels per side of the smaller; the other is shrunk to it."""
    if max(photographs, drawn) % min(photographs, drawn):
        raise UserError(
            f"photographs and drawn faces must have sizes of which one divides the other. Got {photographs} and "
            f"{drawn}. Set `data.resolution` or `view.size` in the recipe."
        )
    return min(photographs, drawn)


def _shares(
    photographs: FaceReadings, drawn: FaceReadings, networks: MeasuringNetworks
) -> AttributeShares | None:
    labeller = networks.labeller
    if labeller is None:
        return None
    names = [name for name, kind in zip(labeller.names, labeller.kinds, strict=True) if kind == "binary"]
    real, other = photographs.columns["logits"], drawn.columns["logits"]
    return AttributeShares(
        tuple(names), attribute_shares(real), attribute_shares(other), rarer_attributes(real, other)
    )


def _nearest(
    photographs: FaceReadings,
    drawn: FaceReadings,
    others: FaceReadings,
    training: np.ndarray,
    networks: MeasuringNetworks,
) -> NearestPhotographs | None:
    """Look for copies: training photographs, of which `others` are read already, that come nearest to drawn faces."""
    if networks.embedder is None:
        return None
    rest = shrink_by_area(training[len(others) :], drawn.images.shape[1])
    known = np.concatenate([others.columns["vectors"], networks.embedder(rest)])
    found = nearest_rows(drawn.columns["vectors"], known, min(NEAREST, len(known)))
    # Of unit vectors at Euclidean distance d, the cosine distance is d²/2.
    distances = found.distances**2 / 2
    unseen = nearest_rows(photographs.columns["vectors"], known).distances[:, 0] ** 2 / 2
    closest = np.argsort(distances[:, 0], kind="stable")[:SHOWN]
    return NearestPhotographs(
        searched=len(known),
        median=float(np.median(distances[:, 0])),
        median_unseen=float(np.median(unseen)),
        least=float(distances[:, 0].min()),
        least_unseen=float(unseen.min()),
        drawn=drawn.images[closest],
        photographs=training[found.rows[closest]],
        distances=distances[closest],
    )


def write_measure(measure: GeneratorMeasure, folder: Path) -> list[Path]:
    """Write the figures, a sheet of drawn faces, and the nearest photographs, which must not be published.

    Returns
    -------
    list of Path, of what was written
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "figures.json") as path:
        path.write_text(json.dumps(measure.as_json(), indent=1) + "\n", encoding="utf-8")
    save_png(contact_sheet(measure.images[:SHEET], columns=8), folder / "drawn.png", scale=2)
    written = [folder / "figures.json", folder / "drawn.png"]
    if (nearest := measure.nearest) is not None:
        rows = [
            [(face, "drawn"), *zip(photographs, [f"{value:.3f}" for value in distances], strict=True)]
            for face, photographs, distances in zip(
                nearest.drawn, nearest.photographs, nearest.distances, strict=True
            )
        ]
        title = (
            f"Drawn faces that come nearest to one of {nearest.searched:,} training photographs, with the nearest of"
            "\nthese and their cosine distances. Photographs of people: not to be published."
        )
        with replacing(folder / "nearest-photographs.png") as path:
            path.write_bytes(titled_pictures(rows, title))
        written.append(folder / "nearest-photographs.png")
    return written
