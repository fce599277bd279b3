"""Stage `rescore`: fresh latents moved along every axis, drawn, and read by the judge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.execution.block_jobs import Block, BlockJob, Transform, blocks
from pipelines.execution.failed_rows import FailedRow, finite_scores, locating_rows, saving_failed_row
from pipelines.execution.local import run_blocks
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Evaluate
from pipelines.sources.generators import generator_source
from pipelines.sources.source import Source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import RowDataset, RowWriter

if TYPE_CHECKING:
    from models.protocols import Generator, Labeller
    from tlgan.axes.axes import Axes
    from tlgan.editing.edit_methods import EditFunction

BLOCK = 8  # latents between two syncs
GROUP = 4  # pictures that the discriminator compares; they must be of different faces
CHUNK_BYTES = 2**24  # of pictures drawn and read at a time


def plan_rescore(recipe: Recipe, orthogonalize: Step, judge: Source) -> Step:
    """Plan the step that writes the judge's scores of every edit, one row for each latent."""
    options = recipe.evaluate
    _check_edits(recipe)
    generator = generator_source(recipe)
    discriminator = discriminator_source(recipe, generator) if options.realism else None
    return Step(
        stage="rescore",
        uses_networks=True,
        title="rescore",
        version=2,
        parameters={"seed": options.seed, "steps": list(options.steps), "edits": list(options.edits)}
        | ({"realism": options.realism} if discriminator else {}),
        inputs={
            "orthogonalize": orthogonalize.fingerprint,
            "generator": generator.fingerprint,
            "judge": judge.fingerprint,
        }
        | ({"discriminator": discriminator.fingerprint} if discriminator else {}),
        place=in_cache("rescores"),
        work=lambda step: _rescore(
            recipe, orthogonalize, step, (generator, judge, *([discriminator] if discriminator else []))
        ),
        rows=options.count,
    )


def _check_edits(recipe: Recipe) -> None:
    options = recipe.evaluate
    if options.seed == recipe.sample.seed:
        raise UserError(
            f"`evaluate.seed` must differ from `sample.seed`, or edits are tried on the latents of the fit. "
            f"Got {options.seed} for both."
        )
    if 0 in options.steps or len(set(options.steps)) != len(options.steps):
        raise UserError(
            f"`evaluate.steps` must differ from each other and from 0. Got {list(options.steps)}."
        )


def _rescore(recipe: Recipe, orthogonalize: Step, step: Step, sources: tuple[Source, ...]) -> None:
    """Write the rows of all latents; the sources are generator, judge and perhaps discriminator."""
    from tlgan.formats.axis_file import read_axes

    axes, judge = read_axes(orthogonalize.output), sources[1].open()
    job = BlockJob(sources, partial(_rescoring, axes, recipe.evaluate))
    attributes = step.attributes() | {
        "judge": judge.name,
        "names_json": json.dumps(judge.names),
        "kinds_json": json.dumps(judge.kinds),
        "units_json": json.dumps(judge.units),
        "axes_json": json.dumps(axes.names),
    }
    columns = _columns(recipe.evaluate, len(axes), len(judge.names))
    with (
        locked(step.output),
        saving_failed_row(step.output),
        RowWriter(step.output, columns, step.rows, attributes) as writer,
        counting(step.title, step.rows, writer.done) as progress,
    ):
        for rows in run_blocks(recipe, job, blocks(writer.done, step.rows, BLOCK)):
            writer.append(rows)
            progress.advance(len(rows["unedited"]))


def _columns(options: Evaluate, n_axes: int, n_attributes: int) -> list[RowDataset]:
    edits = (len(options.edits), n_axes, len(options.steps))
    return [
        RowDataset("scores", (*edits, n_attributes), "<f4"),
        RowDataset("unedited", (n_attributes,), "<f4"),
        RowDataset("strangers", (), "<f4"),
        RowDataset("identity", edits, "<f4"),
        RowDataset("realism", edits, "<f4"),
        RowDataset("saturated", edits, "<f4"),
        RowDataset("unedited_realism", (), "<f4"),
        RowDataset("unedited_saturated", (), "<f4"),
    ]


def _rescoring(
    axes: Axes, options: Evaluate, generator: Generator, judge: Labeller, discriminator: Any = None
) -> tuple[Transform]:
    from tlgan.editing.edit_methods import build_edit
    from tlgan.latents.sampling import draw_latents

    networks = ScoringNetworks(generator, judge, discriminator)
    movers = [build_edit(axes, edit) for edit in options.edits]
    dimension, space = axes.latent_dim, axes.latent_space

    def rescore_block(block: Block) -> dict[str, np.ndarray]:
        latents = draw_latents(block.start, block.count, dimension, space=space, seed=options.seed)
        judged_real = block.start + block.count <= options.realism and block.count % GROUP == 0
        chosen = networks if judged_real else replace(networks, discriminator=None)
        try:
            return rescore(latents, movers, len(axes), options.steps, chosen)
        except FailedRow as error:  # of the moved latents, which are those of the block again and again
            error.row = block.start + error.row % block.count
            raise

    return (rescore_block,)


def discriminator_source(recipe: Recipe, generator: Source) -> Source | None:
    """The discriminator that was trained with the generator; None where there is none."""
    from models.weights.locate import discriminator_beside, find_weights
    from pipelines.workflow.file_hash import weights_hash

    try:
        found = find_weights(recipe.sample.generator, "discriminator")
    except UserError:
        return None
    weights = discriminator_beside(found) if found == generator.weights else found  # given as a file
    if weights is None:
        return None

    def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
        from models.loaders.generator import load_discriminator

        return load_discriminator(weights)

    return Source(weights.name.removesuffix(".h5"), weights_hash(weights), load, weights)


@dataclass(frozen=True, eq=False)
class ScoringNetworks:
    """The networks that an edit goes through: the generator, the judge, and the discriminator if any."""

    generator: Generator
    judge: Labeller
    discriminator: Callable[[np.ndarray], np.ndarray] | None

    def score(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        """Scores, features, saturated share and realism of the pictures of latents."""
        with locating_rows(latents):
            images = self.generator(latents)
            scores, features = self.judge.score_and_features(images, latents, 0)
            finite_scores(self.judge, scores)
        saturated = ((images == 0) | (images == 255)).mean(axis=(1, 2, 3), dtype=np.float32)
        unknown = np.full(len(images), np.nan, "f4")
        realism = self.discriminator(images) if self.discriminator else unknown
        return {"scores": scores, "features": features, "saturated": saturated, "realism": realism}


def rescore(
    latents: np.ndarray,
    movers: Sequence[EditFunction],
    n_axes: int,
    steps: Sequence[float],
    networks: ScoringNetworks,
) -> dict[str, np.ndarray]:
    """The rows of a block of latents, by column.

    A picture is compared with the picture of its own latent. The pictures of one edit of all latents
    stand together, as the discriminator's statistic over four pictures needs four different faces.

    Parameters
    ----------
    latents : float array, shape (n, D)
    movers : sequence of callables, one for each way of editing
    n_axes : int
    steps : sequence of float
        Standard deviations of the latent along the axis.
    networks : ScoringNetworks

    Returns
    -------
    dict of float32 arrays, first axis n; see `_columns`
    """
    count = len(latents)
    before = networks.score(latents)
    rows: dict[str, np.ndarray] = {}
    for moves in _move_in_chunks(latents, movers, n_axes, steps, networks.generator.resolution):
        lost = np.isnan(moves.latents).any(axis=2)
        drawn = np.where(lost[:, :, None], latents, moves.latents)
        seen = networks.score(drawn.reshape(-1, drawn.shape[2]).astype("f4"))
        seen["identity"] = _cosines(seen.pop("features"), np.tile(before["features"], (len(drawn), 1)))
        for name, values in seen.items():
            shape = (count, len(movers), n_axes, len(steps), *values.shape[1:])
            column = rows.setdefault(name, np.full(shape, np.nan, "f4"))
            values = values.reshape(*lost.shape, *values.shape[1:]).astype("f4")
            values[lost] = np.nan
            for group, places in zip(values, moves.places, strict=True):
                for place in places:
                    column[:, *place] = group
    rows["unedited"] = before["scores"]
    rows["strangers"] = _cosines(before["features"], np.roll(before["features"], 1, axis=0))
    rows["unedited_realism"], rows["unedited_saturated"] = before["realism"], before["saturated"]
    if count == 1:  # no other face to compare with
        rows["strangers"] = np.full(1, np.nan, "f4")
    return rows


Place = tuple[int, int, int]  # number of the edit, of the axis and of the step


@dataclass(frozen=True, eq=False)
class Moves:
    """Moved latents, shape (M, n, D), and the places in the columns that each of the M moves belongs to."""

    places: list[list[Place]]
    latents: np.ndarray


def _move_in_chunks(
    latents: np.ndarray, movers: Sequence[EditFunction], n_axes: int, steps: Sequence[float], resolution: int
) -> Iterator[Moves]:
    """All moves of all latents, as many at a time as fit into memory as pictures.

    Edits that move all latents alike (the first axis of a base, raw and orthogonalised) are drawn once.
    """
    most = max(1, CHUNK_BYTES // (3 * resolution**2 * len(latents)))
    places: list[list[Place]] = []
    moves: list[np.ndarray] = []
    for row in range(n_axes):
        alike: dict[bytes, list[Place]] = {}
        for number, step in enumerate(steps):
            for edit, move in enumerate(movers):
                moved = move(latents, row, step)
                key = moved.tobytes()
                if key not in alike:
                    alike[key] = []
                    places.append(alike[key])
                    moves.append(moved)
                alike[key].append((edit, row, number))
        while len(moves) >= most:
            yield Moves(places[:most], np.stack(moves[:most]))
            del places[:most], moves[:most]
    if moves:
        yield Moves(places, np.stack(moves))


def _cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = (first * second).sum(axis=1)
    return np.divide(products, lengths, out=np.full(len(first), np.nan, "f4"), where=lengths > 0)
