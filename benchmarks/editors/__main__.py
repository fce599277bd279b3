"""Ways to edit faces side by side, at equal change of the target: discovered axes, Fader networks, DeepFakes.

    python -m benchmarks.editors drawn identity # expression and light of drawn faces; drawn people as each other
    python -m benchmarks.editors photographs    # CelebA's test people; needs TLGAN_CELEBA and `make face-api`
    python -m benchmarks.editors generated      # faces of the committed generator; needs `make face-api`

Needs `make run RECIPE=known-axes` with its judge (`make train RECIPE=known-axes NAME=judge`) for drawn faces and
`make run` for photographs; of a translator that is not trained it prints the command. Every face is moved towards the
other side of the attribute by growing amounts; each figure is read where the target, as the judge sees it, has changed
by `--change` standard deviations on the mean. Changes count from what an editor draws unedited, and what that costs is
a table of its own. Leakage is the mean absolute change of attributes outside the target's group, the mean over faces
taken first, then in single pictures. Intervals hold 95 % of resamples of the faces, and those of differences are
paired. Minutes on two cores; docs/construction-or-discovery.md quotes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.editors.contenders import (
    DRAWN,
    PHOTOGRAPHED,
    BuiltIn,
    Contender,
    balanced_rows,
    built_in_contenders,
    drawn_faces,
    generated_faces,
    latent_contenders,
    other_contenders,
)
from benchmarks.editors.identity import swap_by_arithmetic, swap_table, unseen_people
from benchmarks.editors.judges import Judge, factor_judge, photograph_judge
from benchmarks.editors.photographs import found_latents, read_faces
from benchmarks.editors.sweep import Sweep, directions_of, sweep_editor
from benchmarks.editors.tables import change_table, redrawn_table, swap_share_table
from benchmarks.options import command_parser
from pipelines.evaluation.editors.editor import Faces

if TYPE_CHECKING:
    from pipelines.recipe.load import Recipe
    from pipelines.runs.finished_run import OpenedRun

READER_PORTRAITS = 6_000  # drawn for the judge of drawn faces
REFERENCE = 800  # portraits of people, other than those edited, whose latents make the means of arithmetic


def compare(
    attribute: str, faces: Faces, contenders: Sequence[Contender], judge: Judge, changes: Iterable[float]
) -> dict[str, Any]:
    """Print the tables of one attribute, and return their numbers."""
    untouched = judge.look(faces.images)
    sweeps: list[Sweep] = [
        sweep_editor(one.editor, faces, attribute, one.amounts, judge, untouched) for one in contenders
    ]
    print(f"\n### {attribute}, {len(faces)} faces\n\nDrawn unedited:\n")
    print(redrawn_table(sweeps, judge.same_person, {one.editor.name: one.minutes for one in contenders}))
    found = []
    for change in changes:
        text, numbers = change_table(sweeps, change, judge.same_person)
        print(f"\nWhere {attribute} has changed by {change:g} sd:\n\n{text}", flush=True)
        found.append(numbers)
    column = judge.attributes.index(attribute)
    has = directions_of(faces.value_of(attribute)) < 0
    agreement = float(((untouched.scores[:, column] > judge.middles[column]) == has).mean())
    print(f"\n{swap_share_table(sweeps, agreement)}", flush=True)
    flipped = {sweep.editor: sweep.flipped.mean(axis=0).tolist() for sweep in sweeps}
    return {"attribute": attribute, "faces": len(faces), "at": found, "flipped": flipped}


@cache
def drawn_judge() -> Judge:
    """The judge of drawn faces; prints how well it reads each factor."""
    from models.loaders.labeller import load_labeller

    judge = factor_judge(load_labeller("known-axes", "judge"), READER_PORTRAITS)
    print("\n".join(judge.notes), flush=True)
    return judge


def drawn(options: Any) -> list[dict[str, Any]]:
    """Expression and light of drawn faces."""
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run
    from pipelines.sources.synthetic import planted_axes_of

    recipe = load_recipe("known-axes")
    run, judge = open_run(recipe), drawn_judge()
    faces = drawn_faces(planted_axes_of(recipe), options.count)
    return [
        compare(name, faces, contenders_of(run, recipe, name, networks, options), judge, options.change)
        for name, networks in DRAWN.items()
        if name in options.attributes or not options.attributes
    ]


def identity(options: Any) -> list[dict[str, Any]]:
    """Drawn people as each other."""
    from models.loaders.translator import load_translator
    from pipelines.evaluation.editors.translator_editor import TranslatorEditor
    from pipelines.recipe.load import load_recipe
    from pipelines.sources.synthetic import planted_axes_of

    recipe = load_recipe("deepfakes")
    known = planted_axes_of(recipe)
    people = unseen_people(recipe, known, options.count + REFERENCE)
    edited, reference = people.select(slice(options.count)), people.select(slice(options.count, None))
    deepfakes = TranslatorEditor("DeepFakes", load_translator("deepfakes-people"))
    swaps = {
        "arithmetic of latents": swap_by_arithmetic(known, reference),
        "DeepFakes": lambda faces, person: deepfakes.towards(
            Faces(faces.images, {"Person": faces.numbers}), "Person", person
        ),
    }
    print(f"\n### {options.count} portraits of {recipe.data.people} people, each as the others\n")
    print(swap_table(swaps, edited, drawn_judge()))
    return []


def photographs(options: Any) -> list[dict[str, Any]]:
    """CelebA's test people."""
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run

    recipe = load_recipe("celeba64")
    run, judge = open_run(recipe), photograph_judge(recipe)
    read = read_faces(options.rows)
    found = []
    for name, networks in PHOTOGRAPHED.items():
        if options.attributes and name not in options.attributes:
            continue
        faces = read.select(balanced_rows(read.value_of(name), options.count))
        faces = found_latents(recipe, run.generator, faces, options.steps)
        contenders = contenders_of(run, recipe, name, networks, options)
        found.append(compare(name, faces, contenders, judge, options.change))
    return found


def generated(options: Any) -> list[dict[str, Any]]:
    """Faces that the committed generator draws: every editor starts from the same picture, none from a search."""
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run

    recipe = load_recipe("celeba64")
    run, judge = open_run(recipe), photograph_judge(recipe)
    drawn_by_generator = generated_faces(run, options.rows)
    found = []
    for name, networks in PHOTOGRAPHED.items():
        if options.attributes and name not in options.attributes:
            continue
        rows = balanced_rows(drawn_by_generator.value_of(name), options.count)
        contenders = contenders_of(run, recipe, name, networks, options)
        found.append(compare(name, drawn_by_generator.select(rows), contenders, judge, options.change))
    return found


def contenders_of(
    run: OpenedRun, recipe: Recipe, attribute: str, networks: Sequence[BuiltIn], options: Any
) -> list[Contender]:
    """All editors of one attribute, those of latents first, those that are named last."""
    built = built_in_contenders(networks)
    return [*latent_contenders(run, recipe), *built, *other_contenders(options.also, attribute)]


PARTS = {"drawn": drawn, "identity": identity, "photographs": photographs, "generated": generated}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = command_parser("editors", __doc__)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--count", type=int, default=200, help="faces of each attribute")
    parser.add_argument("--attributes", nargs="*", default=[], help="only these")
    parser.add_argument("--also", nargs="*", default=[], help="other translators, by name or file")
    parser.add_argument("--change", type=float, nargs="+", default=[0.5, 1.0], help="standard deviations")
    parser.add_argument(
        "--rows", type=int, default=2000, help="photographs, or faces of the generator, to choose from"
    )
    parser.add_argument(
        "--steps", type=int, default=0, help="of the search for latents of photographs; 0: the encoder alone"
    )
    parser.add_argument("--json", type=Path, help="file for the numbers")
    options = parser.parse_args(arguments)
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    found = {part: PARTS[part](options) for part in options.parts}
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1, default=float), encoding="utf-8")


if __name__ == "__main__":
    main()
