"""A finished run, opened: what the editor, the notebook and the commands on single faces stand on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import as_mapping
from pipelines.sources.generators import picture_source
from pipelines.sources.labellers import labeller_source, read_scores
from pipelines.sources.synthetic import Oracle
from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import find
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.inference.crop import CropWindow
    from models.protocols import Generator, Labeller
    from pipelines.evaluation.verdicts import Verdict
    from tlgan.axes.axes import Axes


LARGEST_SEED = 2**32 - 1  # as in recipes; a page's numbers carry it exactly


@dataclass(frozen=True, eq=False)
class OpenedRun:
    """A finished run: its generator, axes and labellers, and what to think of each axis.

    Attributes
    ----------
    name : str, of the recipe
    folder : Path, runs/<recipe>/
    generator : Generator, which draws whole pictures
    axes : Axes
    labellers : tuple of Labeller or Oracle, those that can read new images; the oracle without its noise
    verdicts : dict, name of an axis to its `Verdict`
    view : CropWindow or None, the part of a picture that the labellers see
    """

    name: str
    folder: Path
    generator: Generator
    axes: Axes
    labellers: tuple[Labeller | Oracle, ...]
    verdicts: dict[str, Verdict]
    view: CropWindow | None = None

    def draw(self, latents: np.ndarray) -> np.ndarray:
        """Draw whole pictures, uint8 (n, R, R, 3), of latents (n, latent_dim)."""
        return self.generator(latents)

    def read(self, latents: np.ndarray, images: np.ndarray) -> np.ndarray:
        """What the labellers say of pictures that `draw` made of latents.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim); only the oracle looks at them
        images : uint8 array, shape (n, R, R, 3)

        Returns
        -------
        float32 array, shape (n, n_axes)
            Columns in the order of `axes.names`: logits of binary attributes, values of continuous ones;
            NaN where no labeller reads the attribute.
        """
        readings = np.full((len(images), len(self.axes)), np.nan, np.float32)
        seen = self._look(images)
        for labeller in self.labellers:
            look = seen if isinstance(labeller, Oracle) else labeller.crop(seen)
            scores = read_scores(labeller, look, latents)
            for column, name in enumerate(labeller.names):
                if name in self.axes.names:
                    readings[:, self.axes.index(name)] = scores[:, column]
        return readings

    @cached_property
    def _look(self) -> Callable[[np.ndarray], np.ndarray]:
        if self.view is None:
            return lambda images: images
        from models.inference.crop import compile_crop

        return compile_crop(self.view)


def open_run(recipe: Recipe) -> OpenedRun:
    """Open what a recipe's run has made.

    The axes are those of the recipe as it stands; where there are none, those that its last run left in
    runs/<recipe>/axes/.

    Raises
    ------
    UserError
        Where there are no axes yet, they belong to another generator, or weights are missing.
    """
    from pipelines.execution.keras_import import import_quietly
    from pipelines.planning.plan import plan, plan_own_networks
    from pipelines.planning.sample_size import settled
    from tlgan.formats.axis_file import check_generator, read_axes

    orthogonalize = find(plan(settled(recipe), until="orthogonalize"), "orthogonalize")
    path = _axis_file(recipe, orthogonalize.output)
    axes = read_axes(path)
    import_quietly()
    from models.inference.crop import CropWindow

    # Pictures for people are whole; the recipe's view is what the labellers see of them.
    generator = picture_source(msgspec.structs.replace(recipe, view=None)).open()
    check_generator(
        axes,
        latent_dim=generator.latent_dim,
        latent_space=generator.latent_space,
        generator_sha256=generator.sha256,
        path=path,
    )
    trained = plan_own_networks(recipe)
    labellers = (labeller_source(recipe, name, trained=trained).open() for name in recipe.label.labellers)
    return OpenedRun(
        name=recipe.name,
        folder=run_folder(recipe.name),
        generator=generator,
        axes=axes,
        labellers=tuple(filter(None, map(_reader, labellers))),
        verdicts=_verdicts(recipe, axes),
        view=None if recipe.view is None else CropWindow(**as_mapping(recipe.view)),
    )


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
        f"{exported}: the run {recipe.name!r} has no axes yet. Make them with `make run RECIPE={recipe.name}`."
    )


def _reader(labeller: Labeller | Oracle) -> Labeller | Oracle | None:
    """The labeller as it reads new pictures; None where it cannot."""
    if isinstance(labeller, Oracle):
        return replace(labeller, noise=0.0)
    return labeller if callable(labeller) else None


def _verdicts(recipe: Recipe, axes: Axes) -> dict[str, Verdict]:
    """Judged by the run's evaluation where there is one, else by the axes alone."""
    from pipelines.artifacts.evaluation_file import read_evaluation
    from pipelines.evaluation.verdicts import axis_verdicts
    from pipelines.planning.plan import plan
    from pipelines.planning.sample_size import settled

    evaluation = None
    if recipe.evaluate.judge:
        # Without a judge's weights, or with a damaged file, editing goes on.
        with contextlib.suppress(UserError, json.JSONDecodeError):
            path = find(plan(settled(recipe), until="evaluate"), "evaluate").output
            evaluation = read_evaluation(path) if path.is_file() else None
    return axis_verdicts(axes, evaluation)


def open_for_editing(recipe: Recipe) -> OpenedRun:
    """Open the run of a recipe, its networks to take single faces.

    Otherwise every call is filled up to dozens of rows, and a slider waits for them.

    Raises
    ------
    UserError
        As `pipelines.runs.finished_run.open_run`.
    """
    run = open_run(recipe)
    networks = [labeller for labeller in run.labellers if not isinstance(labeller, Oracle)]
    for network in (run.generator, *networks):
        network.batch_size.fix(1)
    return run
