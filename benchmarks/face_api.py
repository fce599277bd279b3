"""What the networks of `make face-api` see in photographs of people that no network of this project saw.

    python -m benchmarks.face_api [--rows 2000] [--drawn 500]      # needs TLGAN_CELEBA; two minutes

CelebA's test people, shrunk to 64×64 as the generator draws. Prints the area under the ROC curve of distances
between pictures of one person and of two, the distance where both errors are equal, and that error; how well sex,
age and smile are read; the share of photographs, and of pictures that the committed generator draws, in which a
face is found; and images per second. docs/how-to/bring-face-networks.md quotes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table
from benchmarks.timing import time_call

RESOLUTION = 64
GENERATOR = "celeba64"


class People(NamedTuple):
    """Photographs uint8 (n, 64, 64, 3), their persons (n,), and labels (n, K) with names."""

    images: np.ndarray
    identity: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def label(self, name: str) -> np.ndarray:
        """Whether each photograph has the attribute."""
        return self.labels[:, self.names.index(name)] > 0.5


class SamePerson(NamedTuple):
    """How well distances tell one person from two: pairs of one, area, distance of equal errors, that error."""

    pairs: int
    area: float
    threshold: float
    error: float


def read_people(rows: int) -> People:
    """The first photographs of the test people of the default recipe."""
    from data.images.decode import read_chunks
    from data.images.splits import split_by_identity
    from pipelines.recipe.load import load_recipe
    from pipelines.sources.datasets import faces_source

    recipe = load_recipe("celeba64")
    photographs = faces_source(recipe).open()
    split = split_by_identity(photographs.identity, recipe.data.split, recipe.data.seed)
    chosen = photographs.select(np.flatnonzero(split == 2)[:rows])
    kept, images = (np.concatenate(part) for part in zip(*read_chunks(chosen, RESOLUTION), strict=True))
    return People(images, chosen.identity[kept], chosen.labels[kept], chosen.names)


def same_person(vectors: np.ndarray, identity: np.ndarray) -> SamePerson:
    """Compare all pairs of unit vectors (n, F) by their cosine distance."""
    from tlgan.regression.held_out_scores import area_under_curve

    first, second = np.triu_indices(len(vectors), 1)
    distances = 1 - (vectors @ vectors.T)[first, second].astype("float64")
    same = identity[first] == identity[second]
    one, two = np.sort(distances[same]), np.sort(distances[~same])
    # At each distance between two of one person: share of them beyond it, and of pairs of two below it.
    missed = 1 - np.arange(1, len(one) + 1) / len(one)
    mistaken = np.searchsorted(two, one, side="right") / len(two)
    place = int(np.argmin(np.abs(missed - mistaken)))
    area = area_under_curve(-distances, same).value
    return SamePerson(len(one), area, float(one[place]), float((missed[place] + mistaken[place]) / 2))


def measure(rows: int, drawn: int) -> list[list[str]]:
    """Rows of the table: what, figure, images per second."""
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models import load_embedder, load_generator, load_labeller
    from tlgan.evaluation.classifier_metrics import binary_scores
    from tlgan.evaluation.variety import attribute_shares
    from tlgan.latents.sampling import draw_latents

    people = read_people(rows)
    embedder = load_embedder("face-api-recognition")
    readers = {name: load_labeller(f"face-api-{name}") for name in ("age-gender", "expression", "detector")}
    embedder(people.images[:1])  # compiles
    embedded = time_call(embedder, people.images)
    pairs = same_person(embedded.result, people.identity)
    speed = f"{len(people.images) / embedded.wall:.0f}"
    table = [
        ["photographs, persons", f"{len(people.images)}, {len(np.unique(people.identity))}", ""],
        [f"one person or two, AUC ({pairs.pairs} pairs of one)", f"{pairs.area:.4f}", speed],
        ["cosine distance of equal errors", f"{pairs.threshold:.4f}", ""],
        ["error there", f"{pairs.error:.3f}", ""],
    ]
    scores, speeds = {}, {}
    for name, reader in readers.items():
        reader.score_rows(people.images[:1])
        timed = time_call(reader.score_rows, people.images)
        scores |= dict(zip(reader.names, timed.result.T, strict=True))
        speeds[name] = f"{len(people.images) / timed.wall:.0f}"
    male = binary_scores(scores["Male"], people.label("Male"))
    young = binary_scores(-scores["Age"], people.label("Young"))
    smiling = binary_scores(scores["happy"], people.label("Smiling"))
    table += [
        ["`Male`: accuracy, AUC", f"{male['accuracy']:.3f}, {male['auc']:.3f}", speeds["age-gender"]],
        ["less `Age` against Young: AUC", f"{young['auc']:.3f}", ""],
        ["`happy` against Smiling: AUC", f"{smiling['auc']:.3f}", speeds["expression"]],
        [
            "`Face` found in photographs",
            f"{attribute_shares(scores['Face'][:, None])[0]:.3f}",
            speeds["detector"],
        ],
    ]
    generator = load_generator(GENERATOR)
    pictures = generator(draw_latents(0, drawn, generator.latent_dim, space=generator.latent_space))
    found = attribute_shares(readers["detector"].score_rows(pictures))[0]
    return [*table, [f"`Face` found in {drawn} pictures drawn by {GENERATOR}", f"{found:.3f}", ""]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("face_api", __doc__)
    parser.add_argument("--rows", type=int, default=2000, help="photographs, at most")
    parser.add_argument("--drawn", type=int, default=500, help="pictures to draw")
    options = parser.parse_args(arguments)
    print(markdown_table(["what", "figure", "images/s"], measure(options.rows, options.drawn)))


if __name__ == "__main__":
    main()
