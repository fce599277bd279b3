"""What bounds edits that change one attribute: the same edit by the gradient of generator and labeller themselves.

    python -m benchmarks.edit_floor [RECIPE] [--latents 8] [--axes 6] [--change 0.5]     # after `make run`

The labeller's own gradient is what the regressor of local edits learns, so the edit `exact` is about the best that can
be had of one labeller. Prints, where the judge sees the target changed by so much, on the mean over the axes that all
edits take so far, in standard deviations: the mean change of the other attributes in one picture as the judge sees it,
the same with the scatter between faces averaged out, both as the labeller sees it, and how far the two disagree about
these changes. What the judge sees and the labeller does not, no edit by that labeller can spare. Takes a quarter of an
hour on two cores, nearly all of it for `exact`; docs/evaluation.md quotes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

if TYPE_CHECKING:
    from models.protocols import Labeller
    from pipelines.recipe.load import Recipe
    from pipelines.runs.finished_run import OpenedRun
    from tlgan.editing.edit_methods import EditFunction
    from tlgan.evaluation.rescoring import Rescoring

REFERENCE = 1000  # sampled pictures that deviations are of
SIZES = (1.0, 2.0)  # of steps to either side, in deviations as in recipes


class Reader(NamedTuple):
    """What reads pictures, and the deviations of its scores over the sample, in the order of `attributes`."""

    labeller: Labeller
    columns: list[int]
    deviations: np.ndarray


def moved_latents(move: EditFunction, latents: np.ndarray, row: int) -> np.ndarray:
    """Latents moved by each of `SIZES` to either side, shape (2 len(SIZES), n, D); each step goes on from the last."""
    moved = []
    for sign in (-1, 1):
        present, came = latents, 0.0
        for size in SIZES:
            present, came = move(present, row, sign * (size - came)), size
            moved.append(present)
    return np.stack(moved)


def changes_of(
    run: OpenedRun, readers: Sequence[Reader], latents: np.ndarray, moves: np.ndarray
) -> list[np.ndarray]:
    """Changes of the attributes as each reader sees them, shapes (n, n_axes, n_steps, K).

    Parameters
    ----------
    run : OpenedRun
    readers : sequence of Reader
    latents : float array, shape (n, D)
    moves : float array, shape (n_axes, n_steps, n, D)
    """
    before, after = run.draw(latents), run.draw(moves.reshape(-1, latents.shape[1]))
    changes = []
    for labeller, columns, deviations in readers:
        first, second = (labeller.score_rows(images)[:, columns] for images in (before, after))
        scores = second.reshape(*moves.shape[:3], -1) - first
        changes.append(np.moveaxis(scores / deviations, 2, 0))
    return changes


def measure_floor(rescorings: Sequence[Rescoring], change: float, weights: np.ndarray) -> np.ndarray:
    """Mean and systematic leakage of each axis where the first reader sees its target changed, shape (2, A) each.

    Parameters
    ----------
    rescorings : sequence of Rescoring
        Of the same pictures, first the judge's.
    change : float
        Of the target.
    weights : float array, shape (1, n)
    """
    from tlgan.evaluation.bootstrap import known_means
    from tlgan.evaluation.leakage import at_equal_change, attribute_dependency

    judge = rescorings[0]

    def read(values: np.ndarray) -> np.ndarray:
        return at_equal_change(judge.achieved, values, judge.steps, change, weights)[0]

    found = []
    for seen in rescorings:
        means = np.stack([read(seen.towards[..., column]) for column in range(len(seen.attributes))], axis=1)
        systematic = known_means(np.where(seen.others, np.abs(means), np.nan), 1)
        found.append([read(attribute_dependency(seen).mean), systematic])
    return np.array(found)


def open_readers(recipe: Recipe, run: OpenedRun) -> tuple[tuple[str, ...], list[Reader]]:
    """Attributes that judge and labeller both know, and the two, the judge first."""
    from pipelines.planning.plan import make_plan
    from pipelines.sources.labellers import judge_source
    from tlgan.storage.row_files import map_rows

    labeller, judge = run.labellers[0], judge_source(recipe).open()
    attributes = tuple(name for name in judge.names if name in labeller.names)
    plan = make_plan(recipe)
    images = map_rows(plan.sample.output, "images", min(REFERENCE, plan.sample.rows))
    readers = []
    for reader in (judge, labeller):
        columns = [reader.names.index(name) for name in attributes]
        scores = reader.score_rows(np.asarray(images))[:, columns]
        readers.append(Reader(reader, columns, scores.std(axis=0, dtype=np.float64)))
    return attributes, readers


def movers(run: OpenedRun, recipe: Recipe) -> dict[str, EditFunction]:
    """The edits that are compared, by name."""
    from pipelines.runs.exact_scores import exact_axes
    from tlgan.editing.edit_methods import build_edit

    edits = {"raw": build_edit(run.axes, "raw")}
    if run.axes.regressor is not None:
        edits["local"] = build_edit(run.axes, "local")
    return edits | {"exact": build_edit(exact_axes(run, recipe), "local")}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of a finished run."""
    parser = command_parser("edit_floor", __doc__)
    parser.add_argument("recipe", nargs="?", default="celeba64")
    parser.add_argument("--latents", type=int, default=8)
    parser.add_argument("--axes", type=int, default=6, help="so many, evenly over the list of all")
    parser.add_argument("--change", type=float, default=0.5, help="of the target, standard deviations")
    options = parser.parse_args(arguments)
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run
    from tlgan.evaluation.leakage import furthest_changes
    from tlgan.evaluation.rescoring import Rescoring
    from tlgan.latents.sampling import draw_latents

    recipe = load_recipe(options.recipe)
    run = open_run(recipe)
    attributes, readers = open_readers(recipe, run)
    known = [row for row, name in enumerate(run.axes.names) if name in attributes]
    rows = [known[place] for place in np.linspace(0, len(known) - 1, options.axes).round().astype(int)]
    names = tuple(run.axes.names[row] for row in rows)
    print(f"axes: {', '.join(names)}", flush=True)
    axes, groups = run.axes, tuple(recipe.groups.values())
    latents = draw_latents(
        0, options.latents, axes.latent_dim, space=axes.latent_space, seed=recipe.evaluate.seed
    ).astype(np.float64)
    steps = np.array([sign * size for sign in (-1, 1) for size in SIZES])
    weights = np.full((1, len(latents)), 1 / len(latents))
    table, reached = {}, {}
    for edit, move in movers(run, recipe).items():
        print(f"-- {edit}", end="", flush=True)
        moves = np.stack([moved_latents(move, latents, row) for row in progress(rows)])
        judged, read = changes_of(run, readers, latents, moves)
        seen = [
            Rescoring(names, attributes, steps, changes, groups) for changes in (judged, read, judged - read)
        ]
        reached[edit] = furthest_changes(seen[0].achieved, steps, weights)[0] >= options.change
        table[edit] = measure_floor(seen, options.change, weights)
    print_table(table, reached)


def progress(rows: Sequence[int]) -> Iterator[int]:
    """The rows one after the other, each with a dot when it is done."""
    for row in rows:
        yield row
        print(".", end="", flush=True)
    print()


def print_table(table: dict[str, np.ndarray], reached: dict[str, np.ndarray]) -> None:
    """Print means over the axes that every edit takes so far; arrays of (3, 2, A) and of (A,) by edit."""
    together = np.logical_and.reduce(list(reached.values()))
    head = ["edit", "reached"]
    head += [f"{what}{of}" for what in ("judge", "labeller", "disagree") for of in ("", ", scatter out")]
    lines = []
    for edit, figures in table.items():
        means = figures[:, :, together].mean(axis=2).ravel()
        lines.append([edit, f"{reached[edit].sum()} of {len(together)}", *(f"{mean:.3f}" for mean in means)])
    print(f"\nmean over {together.sum()} axes\n\n{markdown_table(head, lines)}")


if __name__ == "__main__":
    main()
