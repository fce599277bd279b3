"""How much of a person is left when a photograph's face is made older or younger, at equal change of the age read.

    python -m benchmarks.reageing facemath [--count 100]

Needs a finished run of the recipe, its photographs (`make prepare`), its encoder, and the networks of `make face-api`.
People of the test part whose age is known, from 25 to 60 years, are encoded and moved in steps of half a standard
deviation, up to 3, by the difference of two means (7.5 years a step), along the GLM's axis, that axis made orthogonal,
and the local path. face-api reads the age. Prints, for each way and 5, 10 and 15 years of change: the share of faces
that get there, and the median of the recogniser's distance from the unchanged reconstruction at that change, both with
95 % intervals (Wilson; bootstrap over people). A second table compares younger with older on the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.reconstruction import RECOGNISER, unseen_people
from benchmarks.tables import markdown_table, share_text
from pipelines.runs.finished_run import open_axes
from tlgan.editing.algebra.attribute_means import attribute_mean
from tlgan.editing.algebra.terms import MeanTerm
from tlgan.editing.axis_strip import trace_strip
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows

if TYPE_CHECKING:
    from pipelines.runs.face_space import FaceSpace

AGE_READER = "face-api-age-gender"
YEARS = (5.0, 10.0, 15.0)  # by which a face is to be read older or younger
STRENGTHS = np.linspace(-3, 3, 13)  # of each way to age a face; 0 is in the middle
MIDDLE = len(STRENGTHS) // 2
ADULTS = (25.0, 60.0)  # years of the people who are aged: they can become older and younger
STEP_OF_MEANS = 15.0  # years of the data set that strength 1 adds
DRAWS = 2000  # of the bootstrap
Way = Callable[[np.ndarray], np.ndarray]


def ways_to_age(space: FaceSpace) -> Mapping[str, Way]:
    """By name, functions of latents (n, D) to their aged versions (n, strengths, D); positive is older."""
    table = space.table
    young, old = (attribute_mean(table, MeanTerm("Age", value=float(age))).latent for age in (25, 60))
    step = (old - young) * STEP_OF_MEANS / 35

    def by_means(latents: np.ndarray) -> np.ndarray:
        moved: np.ndarray = latents[:, None] + STRENGTHS[:, None] * step
        return moved

    ways: dict[str, Way] = {"difference of means": by_means}
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


def measure_way(space: FaceSpace, way: Way, latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each strength changes the age read, in years, and the person: two arrays (n, strengths)."""
    from models.loaders.embedder import load_embedder
    from models.loaders.labeller import load_labeller

    reader, recogniser = load_labeller(AGE_READER), load_embedder(RECOGNISER)
    drawn = space.draw(way(latents).reshape(-1, latents.shape[1]))
    ages = reader.score_rows(drawn)[:, reader.names.index("Age")].reshape(len(latents), -1)
    vectors = recogniser(drawn).reshape(len(latents), len(STRENGTHS), -1)
    distances = 1 - np.einsum("nsf,nf->ns", vectors, vectors[:, MIDDLE])
    return ages - ages[:, MIDDLE : MIDDLE + 1], distances


def distances_at(changes: np.ndarray, distances: np.ndarray, sign: int, years: float) -> np.ndarray:
    """Distance of each face where it is first read as changed by so many years, (n,); NaN where it never is.

    Parameters
    ----------
    changes, distances : arrays (n, strengths), as `measure_way` gives them
    sign : 1 for older, -1 for younger
    """
    order = np.arange(MIDDLE, len(STRENGTHS)) if sign > 0 else np.arange(MIDDLE, -1, -1)
    reached = np.full(len(changes), np.nan)
    for row, (change, distance) in enumerate(zip(sign * changes[:, order], distances[:, order], strict=True)):
        over = np.flatnonzero(change >= years)
        if len(over):
            last = over[0]
            share = (years - change[last - 1]) / (change[last] - change[last - 1])
            reached[row] = distance[last - 1] + share * (distance[last] - distance[last - 1])
    return reached


def ageing_tables(space: FaceSpace, count: int) -> str:
    """One row for each way and direction, and one for each way that compares the two directions."""
    rows = unseen_people(space, count, ADULTS)["age known"]
    latents = space.encoder(np.asarray(map_rows(space.photographs, "images"))[rows]).astype(np.float64)
    lines, compared = [], []
    for name, way in ways_to_age(space).items():
        measured = measure_way(space, way, latents)
        older, younger = ([distances_at(*measured, sign, years) for years in YEARS] for sign in (1, -1))
        lines += [
            [f"{name}, {word}", *map(_cell, at)] for word, at in (("older", older), ("younger", younger))
        ]
        compared.append([name, *(_compare(*pair) for pair in zip(younger, older, strict=True))])
    head = [f"{years:g} years" for years in YEARS]
    return "\n\n".join(
        (markdown_table(["way", *head], lines), markdown_table(["younger less older", *head], compared))
    )


def _cell(distances: np.ndarray) -> str:
    reached = distances[~np.isnan(distances)]
    if not len(reached):
        return share_text(~np.isnan(distances))
    low, high = _interval(reached, np.median)
    return f"{share_text(~np.isnan(distances))}; {np.median(reached):.3f} ({low:.3f}–{high:.3f})"


def _compare(younger: np.ndarray, older: np.ndarray) -> str:
    """Difference of the shares that get there; and of the distances of those who get there both ways."""
    arrives = (~np.isnan(younger)).astype(float) - ~np.isnan(older)
    low, high = _interval(arrives, np.mean)
    text = f"{100 * arrives.mean():+.0f} points ({100 * low:+.0f} to {100 * high:+.0f})"
    both = (younger - older)[~np.isnan(younger - older)]
    if len(both) < 5:
        return text
    low, high = _interval(both, np.median)
    return f"{text}; {np.median(both):+.3f} ({low:+.3f} to {high:+.3f}) of {len(both)}"


def _interval(values: np.ndarray, statistic: Callable) -> tuple[float, float]:
    """95 % interval of a statistic over people, by the bootstrap."""
    drawn = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(statistic(values[drawn], axis=1), [0.025, 0.975])
    return float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = command_parser("reageing", __doc__)
    parser.add_argument("recipe", nargs="?", default="facemath")
    parser.add_argument("--count", type=int, default=100, help="people")
    options = parser.parse_args(arguments)
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.face_space import open_face_space

    print(ageing_tables(open_face_space(load_recipe(options.recipe)), options.count))


if __name__ == "__main__":
    main()
