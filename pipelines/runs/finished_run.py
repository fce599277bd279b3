"""A finished run, opened for the editor, the notebook and the commands on single faces."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.sources.best_faces import best_rows, discriminator_source
from pipelines.sources.generators import picture_source, view_window
from pipelines.sources.labellers import labeller_source
from pipelines.sources.source import Source
from pipelines.workflow.paths import run_folder
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.inference.crop import CropWindow
    from models.loaders.labeller import LoadedLabeller
    from models.protocols import Generator, Labeller
    from pipelines.evaluation.verdicts import Verdict
    from pipelines.planning.plan import Plan
    from tlgan.axes.axes import Axes


LEAST_FACES = 8  # that gains are measured on
LEAST_GAIN = 0.2  # an edit is asked for five times as much at most
LARGEST_SEED = 2**32 - 1  # as in recipes; a page's numbers carry it exactly


@dataclass(frozen=True, eq=False)
class OpenedRun:
    """A finished run: its generator, axes and labellers, and what to think of each axis.

    Attributes
    ----------
    name : str, of the recipe
    folder : Path, runs/<recipe>/
    generator : Generator, which draws whole pictures
    axes : Axes, whose regressor predicts what the judge has measured (`gains`)
    labellers : tuple of Labeller, those that can score new images; known factors come without noise
    verdicts : dict, name of an axis to its `Verdict`
    view : CropWindow or None, the part of a picture that the labellers see
    discriminator : Source or None, what was trained with the generator and scores its pictures
    gains : dict, attribute to measured over predicted change of local edits, where the evaluation is sure that it is
        not 1; the axis files of the run do without
    """

    name: str
    folder: Path
    generator: Generator
    axes: Axes
    labellers: tuple[Labeller, ...]
    verdicts: dict[str, Verdict]
    view: CropWindow | None = None
    discriminator: Source | None = None
    gains: Mapping[str, float] = field(default_factory=dict)

    def with_gains(self, gains: Mapping[str, float]) -> OpenedRun:
        """The same run with other gains: those that a picture was drawn with."""
        from tlgan.editing.gains import apply_gains

        names = {*gains, *self.gains}
        factors = {name: gains.get(name, 1.0) / self.gains.get(name, 1.0) for name in names}
        return replace(self, axes=apply_gains(self.axes, factors), gains=dict(gains))

    def draw(self, latents: np.ndarray) -> np.ndarray:
        """Draw whole pictures, uint8 (n, R, R, 3), of latents (n, latent_dim)."""
        return self.generator(latents)

    def read(self, latents: np.ndarray, images: np.ndarray) -> np.ndarray:
        """Score pictures that `draw` made of latents, with every labeller of the run.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim); for the labeller that returns known factors
        images : uint8 array, shape (n, R, R, 3)

        Returns
        -------
        float32 array, shape (n, n_axes)
            Columns in the order of `axes.names`: logits of binary attributes, values of continuous ones;
            NaN where no labeller reads the attribute.
        """
        by_axis = np.full((len(images), len(self.axes)), np.nan, np.float32)
        seen = self._crop(images)
        for labeller in self.labellers:
            scores = labeller.score_rows(seen, latents, 0)
            for column, name in enumerate(labeller.names):
                if name in self.axes.names:
                    by_axis[:, self.axes.index(name)] = scores[:, column]
        return by_axis

    def best_rows(self, latents: np.ndarray, best_of: int) -> np.ndarray:
        """Of every `best_of` latents in a row the one to show; see `pipelines.sources.best_faces.best_rows`."""
        return best_rows(self.draw, self.open_discriminator(), latents, best_of)

    def open_discriminator(self) -> Callable[[np.ndarray], np.ndarray]:
        """Images to scores; `UserError` where there is none."""
        if self.discriminator is None:
            raise UserError(
                f"`--best-of` must be 1 for {self.generator.name}, for no discriminator lies beside it. Leave it out."
            )
        return self.discriminator.open()

    @cached_property
    def _crop(self) -> Callable[[np.ndarray], np.ndarray]:
        if self.view is None:
            return lambda images: images
        from models.inference.crop import compile_crop

        return compile_crop(self.view)


def open_run(recipe: Recipe) -> OpenedRun:
    """Open what a recipe's run has made.

    The axes are those of the recipe as it stands; where there are none, those that its last run left in
    runs/<recipe>/axes/. A generator tuned for a photograph takes the axes of the one it was tuned from.

    Raises
    ------
    UserError
        Where there are no axes yet, they belong to another generator, or weights are missing.
    """
    from pipelines.evaluation.verdicts import axis_verdicts
    from pipelines.execution.keras_import import import_quietly
    from pipelines.planning.plan import make_plan

    plan = make_plan(recipe)
    _axis_file(recipe, plan.axes.output)  # refused before Keras is imported
    import_quietly()

    # Pictures for people are whole; the recipe's view is what the labellers see of them.
    source = picture_source(msgspec.structs.replace(recipe, view=None))
    generator = source.open()
    axes = open_axes(recipe, generator)
    evaluation = _last_evaluation(plan)
    run = OpenedRun(
        name=recipe.name,
        folder=run_folder(recipe.name),
        generator=generator,
        axes=axes,
        labellers=_open_labellers(plan),
        verdicts=axis_verdicts(axes, evaluation),
        view=view_window(recipe),
        discriminator=discriminator_source(recipe, source),
    )
    return run.with_gains(measured_gains(evaluation)) if evaluation else run


def open_axes(recipe: Recipe, generator: Generator) -> Axes:
    """Read the axes of a recipe's run, which must be of its generator; see `open_run`."""
    from models.weights.locate import name_of_weights
    from models.weights.weight_file import tuned_from
    from pipelines.planning.plan import make_plan
    from tlgan.formats.axis_file import check_generator, read_axes

    weights = picture_source(msgspec.structs.replace(recipe, view=None)).weights
    path = _axis_file(recipe, make_plan(recipe).axes.output)
    axes = read_axes(path)
    sha256 = (tuned_from(weights) if weights else "") or generator.sha256
    others = axes.generator_sha256 not in ("", sha256)
    if others and (fitted_on := name_of_weights(axes.generator_sha256, "generator")):
        raise UserError(
            f"{path}: the axes must belong to {recipe.sample.generator!r}. They were fitted on {fitted_on!r}; add "
            f"`-s sample.generator={fitted_on}`, or fit new ones with `{recipe.command('run')}`."
        )
    check_generator(
        axes,
        latent_dim=generator.latent_dim,
        latent_space=generator.latent_space,
        generator_sha256=sha256,
        path=path,
    )
    return axes


def seeded_latents(run: OpenedRun | Generator, seeds: Iterable[int]) -> np.ndarray:
    """The latents that seeds name, the same everywhere: row 0 of each seed's endless table.

    Parameters
    ----------
    run : OpenedRun or Generator
    seeds : ints, 0 to `LARGEST_SEED`

    Returns
    -------
    float32 array, shape (n_seeds, latent_dim)

    Raises
    ------
    UserError
        For a seed that is not such a number.
    """
    from tlgan.latents.sampling import draw_latents

    generator = run.generator if isinstance(run, OpenedRun) else run
    rows = []
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= LARGEST_SEED:
            raise UserError(f"A seed must be a whole number from 0 to {LARGEST_SEED}. Got {seed!r}.")
        rows.append(draw_latents(0, 1, generator.latent_dim, space=generator.latent_space, seed=int(seed)))
    return np.concatenate(rows) if rows else np.zeros((0, generator.latent_dim), np.float32)


def _axis_file(recipe: Recipe, made: Path) -> Path:
    exported = run_folder(recipe.name) / "axes" / f"{recipe.name}.axes.h5"
    for path in (made, exported):
        if path.is_file():
            return path
    raise UserError(
        f"{exported}: the run {recipe.name!r} has no axes yet. Make them with `{recipe.command('run')}`."
    )


def _open_labellers(plan: Plan) -> tuple[Labeller, ...]:
    """Open the labellers that can score new pictures: all but tables of labels by hand."""
    options = msgspec.structs.replace(plan.recipe.known_axes, noise=0.0)
    recipe = msgspec.structs.replace(plan.recipe, known_axes=options)
    sources = [labeller_source(recipe, name, trained=plan.training) for name in recipe.label.labellers]
    return tuple(source.open() for source in sources if not source.by_hand)


def _last_evaluation(plan: Plan) -> dict[str, Any] | None:
    """The run's last evaluation of these axes, as on the page; None where there is none."""
    from pipelines.artifacts.evaluation_file import read_evaluation
    from pipelines.report.evaluation_figures import last_evaluation
    from pipelines.workflow.ledger import Ledger

    # Without a judge's weights, or with a damaged file, editing goes on.
    with contextlib.suppress(UserError, json.JSONDecodeError):
        evaluated = last_evaluation(Ledger(plan.recipe.name), plan)
        if evaluated and evaluated.path.is_file():
            return read_evaluation(evaluated.path)
    return None


def measured_gains(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """Gains of local edits by attribute, of an evaluation: those whose interval leaves out 1, `LEAST_GAIN` at least.

    None of an evaluation of fewer than `LEAST_FACES`, whose intervals are too narrow.
    """
    if evaluation.get("latents", 0) < LEAST_FACES:
        return {}
    rows = evaluation["by_edit"].get("local", {"by_axis": []})["by_axis"]
    sure = [
        row
        for row in rows
        if row.get("gain_low") is not None and not row["gain_low"] <= 1 <= row["gain_high"]
    ]
    return {row["name"]: max(float(row["gain"]), LEAST_GAIN) for row in sure if row["gain_low"] > 0}


def open_for_editing(recipe: Recipe) -> OpenedRun:
    """Open the run of a recipe, its networks to take single faces.

    Otherwise every call is filled up to dozens of rows, and a slider waits for them.

    Raises
    ------
    UserError
        As `open_run`.
    """
    run = open_run(recipe)
    run.generator.batch_size.fix(1)
    for labeller in run.labellers:
        if labeller.reads_images:
            cast("LoadedLabeller", labeller).batch_size.fix(1)
    return run
