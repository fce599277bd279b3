"""How well an autoencoder reconstructs people that no training saw, and how it ages them.

    python -m benchmarks.reconstruction facemath
    python -m benchmarks.reconstruction facemath --ageing

Needs the recipe's photographs (`make prepare`), its encoder, and the networks of `make face-api`. The first prints, for
each data set, the signal-to-noise ratio, the structural similarity, and the share of reconstructions whose recogniser's
distance from the photograph is below that of one person, with its 95 % interval; beside it, the share of photographs of
the next person for which that holds. The second makes faces older and younger by the difference
of two means, along the GLM's axis and along the local path (which need a finished run), and prints the median of the
recogniser's distance from the photograph's reconstruction where the age that face-api reads has changed by so many
years, and the share of faces that get there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table, share_text
from pipelines.runs.finished_run import open_axes
from tlgan.editing.algebra.attribute_means import attribute_mean
from tlgan.editing.algebra.terms import MeanTerm
from tlgan.editing.axis_strip import trace_strip
from tlgan.errors import UserError
from tlgan.evaluation.image_quality import signal_to_noise, structural_similarity
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from pipelines.runs.face_space import FaceSpace

TEST = 2
RECOGNISER, AGE_READER = "face-api-recognition", "face-api-age-gender"
YEARS = (5.0, 10.0, 15.0)  # by which a face is to be read older or younger
STRENGTHS = np.linspace(-3, 3, 13)  # of each way to age a face; 0 is in the middle
ADULTS = (25.0, 60.0)  # years of the people who are aged: they can become older and younger
STEP_OF_MEANS = 15.0  # years of the data set that strength 1 adds


def unseen_people(
    space: FaceSpace, count: int, ages: tuple[float, float] = (0, np.inf)
) -> dict[str, np.ndarray]:
    """Rows of test people by data set: those whose age is known, and in these bounds, and the others."""
    faces = space.photographs
    if faces is None:
        raise UserError(
            f"The recipe {space.recipe.name} must have its photographs prepared. Run `make prepare`."
        )
    rows = np.flatnonzero(np.asarray(map_rows(faces, "split")) == TEST)
    names = read_attributes(faces)["names"]
    labels = np.asarray(map_rows(faces, "labels"))[rows]
    age = labels[:, names.index("Age")] if "Age" in names else np.full(len(rows), np.nan)
    parts = {"age unknown": rows[np.isnan(age)], "age known": rows[(age >= ages[0]) & (age <= ages[1])]}
    return {name: part[:: max(1, len(part) // count)][:count] for name, part in parts.items() if len(part)}


def reconstruction_table(space: FaceSpace, count: int) -> str:
    """One row for each data set."""
    from models.loaders.embedder import cosine_distances, load_embedder

    images, embedder = map_rows(space.photographs, "images"), load_embedder(RECOGNISER)
    threshold, lines = embedder.same_person_threshold or 0.0, []
    for name, rows in unseen_people(space, count).items():
        photographs = np.asarray(images)[rows]
        drawn = space.draw(space.encoder(photographs))
        vectors = embedder(photographs)
        distances = cosine_distances(vectors, embedder(drawn))
        figures = (
            f"{signal_to_noise(photographs, drawn).mean():.2f} dB",
            f"{structural_similarity(photographs, drawn).mean():.3f}",
            f"{np.median(distances):.3f}",
            share_text(distances < threshold),
            share_text(cosine_distances(vectors, np.roll(vectors, 1, axis=0)) < threshold),
        )
        lines.append([name, *figures])
    head = ["photographs", "PSNR", "SSIM", "median distance", "same person", "another's photograph"]
    return markdown_table(head, lines)


def ways_to_age(space: FaceSpace) -> Mapping[str, Callable[[np.ndarray], np.ndarray]]:
    """By name, functions of latents (n, D) to their aged versions (n, strengths, D); positive is older."""
    table = space.table
    young, old = (attribute_mean(table, MeanTerm("Age", value=float(age))).latent for age in (25, 60))
    step = (old - young) * STEP_OF_MEANS / 35

    def by_means(latents: np.ndarray) -> np.ndarray:
        moved: np.ndarray = latents[:, None] + STRENGTHS[:, None] * step
        return moved

    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {"difference of means": by_means}
    try:
        axes = open_axes(space.recipe, space.generator)
    except UserError as reason:
        print(f"Without axes: {reason}")
        return ways
    edits = {"GLM axis": "raw", "GLM axis, orthogonal": "orthogonalized"}
    if axes.regressor is not None:
        edits["local path"] = "local"
    for name, edit in edits.items():
        ways[name] = lambda latents, edit=edit: trace_strip(  # type: ignore[misc]
            axes, latents, "Young", -STRENGTHS, edit=edit
        ).latents.reshape(len(latents), len(STRENGTHS), -1)
    return ways


def ageing_table(space: FaceSpace, count: int) -> str:
    """One row for each way and change of the age read."""
    from models.loaders.embedder import load_embedder
    from models.loaders.labeller import load_labeller

    reader, embedder = load_labeller(AGE_READER), load_embedder(RECOGNISER)
    column = reader.names.index("Age")
    rows = unseen_people(space, count, ADULTS)["age known"]
    photographs = np.asarray(map_rows(space.photographs, "images"))[rows]
    latents = space.encoder(photographs).astype(np.float64)
    lines, middle = [], len(STRENGTHS) // 2
    for name, way in ways_to_age(space).items():
        moved = way(latents)
        drawn = space.draw(moved.reshape(-1, latents.shape[1]))
        ages = reader.score_rows(drawn)[:, column].reshape(len(latents), -1)
        vectors = embedder(drawn).reshape(len(latents), len(STRENGTHS), -1)
        distances = 1 - np.einsum("nsf,nf->ns", vectors, vectors[:, middle])
        changes = ages - ages[:, middle : middle + 1]
        for sign, word in ((1, "older"), (-1, "younger")):
            cells = [_at_change(sign * changes, distances, middle, sign, years) for years in YEARS]
            lines.append([f"{name}, {word}", *cells])
    head = ["way", *(f"at {years:g} years" for years in YEARS)]
    return markdown_table(head, lines)


def _at_change(changes: np.ndarray, distances: np.ndarray, middle: int, sign: int, years: float) -> str:
    """Median distance where a face is first read as changed by so many years, and the share that gets there."""
    order = np.arange(middle, len(STRENGTHS)) if sign > 0 else np.arange(middle, -1, -1)
    reached = []
    for change, distance in zip(changes[:, order], distances[:, order], strict=True):
        over = np.flatnonzero(change >= years)
        if len(over):
            last = over[0]
            share = (years - change[last - 1]) / (change[last] - change[last - 1])
            reached.append(distance[last - 1] + share * (distance[last] - distance[last - 1]))
    share = len(reached) / len(changes)
    return f"{np.median(reached):.3f} ({share:.0%})" if reached else "– (0%)"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = command_parser("reconstruction", __doc__)
    parser.add_argument("recipe", nargs="?", default="facemath")
    parser.add_argument("--count", type=int, default=200, help="people of each data set")
    parser.add_argument(
        "--ageing", action="store_true", help="make faces older and younger in place of reconstructing"
    )
    options = parser.parse_args(arguments)
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.face_space import open_face_space

    space = open_face_space(load_recipe(options.recipe))
    print((ageing_table if options.ageing else reconstruction_table)(space, options.count))


if __name__ == "__main__":
    main()
