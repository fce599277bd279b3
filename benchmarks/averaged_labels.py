"""Edits by a regressor of one labeller's scores, and of the mean of several labellers' (`regress.average_with`).

    python -m pipelines orthogonalize celeba64 -s 'regress.average_with=["celeba64"]'
    python -m benchmarks.averaged_labels celeba64 --average-with celeba64     # after `make face-api`; two minutes

Both are judged by networks that no regressor has learned from, the recipe's second judges or those of face-api, on the
attributes that these know; every axis of such an attribute is edited. Prints, where these judges see the target
changed by so much, the mean change of the others in one picture and with the scatter averaged out, in standard
deviations, and the difference to the regressor of one labeller with its 95 % interval over latents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

if TYPE_CHECKING:
    from pipelines.recipe.load import Recipe
    from tlgan.axes.axes import Axes
    from tlgan.evaluation.rescoring import Rescoring

STRANGERS = ("face-api-age-gender", "face-api-expression")
STEPS = (-2.0, -1.0, 1.0, 2.0)  # deviations of the labeller's score; of the latent for the raw axis
REFERENCE = 1000  # sampled pictures that the judges' deviations are of
CHANGES = (0.5, 1.0)  # of the target
RAW, ONE, MEAN = "raw axis", "local, one labeller", "local, mean of labellers"

Read = Callable[[np.ndarray], np.ndarray]  # images to scores of the shared attributes


def open_judges(recipe: Recipe, known: Sequence[str]) -> tuple[tuple[str, ...], Read]:
    """What second judges share of the known attributes, and the function that reads it off images."""
    from pipelines.sources.second_judges import second_judge_sources, shared_attributes, shared_scores

    judges = [source.open() for source in second_judge_sources(recipe)]
    shared = shared_attributes(known, [judge.names for judge in judges], recipe.evaluate.same_as)

    def read(images: np.ndarray) -> np.ndarray:
        return shared_scores([judge.score_rows(images) for judge in judges], shared)

    return tuple(one.name for one in shared), read


def rescore_edits(
    edits: dict[str, tuple[Axes, str]], recipe: Recipe, names: tuple[str, ...], read: Read, n_latents: int
) -> dict[str, Rescoring]:
    """Changes of the shared attributes by edits along the axes of these attributes."""
    from pipelines.planning.plan import make_plan
    from pipelines.sources.generators import generator_source
    from tlgan.editing.edit_methods import build_edit
    from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations
    from tlgan.latents.sampling import draw_latents
    from tlgan.storage.row_files import map_rows

    sample, generator = make_plan(recipe).sample, generator_source(recipe).open()
    sampled = np.asarray(map_rows(sample.output, "images", min(REFERENCE, sample.rows)))
    deviations = read(sampled).std(axis=0, dtype=np.float64)
    dimension, space = generator.latent_dim, generator.latent_space
    latents = draw_latents(0, n_latents, dimension, space=space, seed=recipe.evaluate.seed)
    before, found = read(generator(latents)), {}
    for title, (axes, edit) in edits.items():
        move = build_edit(axes, edit)
        moved = np.stack([[move(latents, axes.index(name), step) for step in STEPS] for name in names])
        after = read(generator(moved.reshape(-1, dimension))).reshape(*moved.shape[:3], -1)
        changes = changes_in_deviations(np.moveaxis(after, 2, 0), before, deviations)
        groups = tuple(recipe.groups.values())
        found[title] = Rescoring(names, names, np.array(STEPS), changes, groups)
    return found


def table_lines(rescorings: dict[str, Rescoring]) -> list[list[str]]:
    """A line for each change of the target and edit."""
    from pipelines.evaluation.leakage_table import leakage_draws
    from tlgan.evaluation.bootstrap import bootstrap_weights, interval, known_means

    weights = bootstrap_weights(len(rescorings[ONE].changes))
    lines = []
    for change in CHANGES:
        draws = {
            title: known_means(leakage_draws(seen, change, weights), 2) for title, seen in rescorings.items()
        }
        for title, found in draws.items():
            difference = found - draws[ONE]
            low, high = interval(difference.T)
            figures = [f"{found[which, 0]:.3f}" for which in (0, 2)]
            for which in (0, 2):  # mean and systematic
                figures.append(
                    f"{difference[which, 0]:+.3f} ({low[which]:+.3f} to {high[which]:+.3f})"
                    if title != ONE
                    else ""
                )
            lines.append([title, f"{change:g}", *figures])
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("averaged_labels", __doc__)
    parser.add_argument("recipe", nargs="?", default="celeba64")
    parser.add_argument(
        "--average-with", nargs="+", default=["celeba64"], help="as in the recipe's [regress]"
    )
    parser.add_argument("--latents", type=int, default=64)
    options = parser.parse_args(arguments)
    from pipelines.planning.plan import make_plan
    from pipelines.recipe.load import load_recipe
    from tlgan.formats.axis_file import read_axes

    judges = load_recipe(options.recipe).evaluate.second_judges or STRANGERS
    changed = [f"evaluate.second_judges={list(judges)}", f"regress.average_with={options.average_with}"]
    recipe, averaged = (load_recipe(options.recipe, tuple(changed[:count])) for count in (1, 2))
    alone, mean = (read_axes(make_plan(one).axes.output) for one in (recipe, averaged))
    names, read = open_judges(averaged, alone.names)
    edits = {RAW: (alone, "raw"), ONE: (alone, "local"), MEAN: (mean, "local")}
    lines = table_lines(rescore_edits(edits, recipe, names, read, options.latents))
    head = ["edit", "target", "others", "scatter out", "others, difference", "scatter out, difference"]
    print(f"axes and judged attributes: {', '.join(names)}; {options.latents} latents\n")
    print(markdown_table(head, lines))


if __name__ == "__main__":
    main()
