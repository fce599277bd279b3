"""Stage `rescore`: fresh latents moved along every axis, drawn, and read by the judge."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.execution.block_jobs import Act, Block, Job, blocks
from pipelines.execution.local import worked
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Evaluate
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import read_scores
from pipelines.sources.source import Source
from pipelines.sources.synthetic import Oracle
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import RowDataset, RowWriter

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

BLOCK = 8  # latents between two syncs
GROUP = 4  # pictures that the discriminator compares: of different faces, or its statistic means nothing
CHUNK_BYTES = 2**24  # of pictures drawn and read at a time


def plan_rescore(recipe: Recipe, orthogonalize: Step, judge: Source) -> Step:
    """The step that keeps what the judge says of every edit, one row for each latent."""
    options = recipe.evaluate
    generator = generator_source(recipe)
    critic = critic_source(recipe) if options.realism else None
    if options.seed == recipe.sample.seed:
        raise UserError(
            f"`evaluate.seed` must differ from `sample.seed`, or edits are tried on the latents of the fit. "
            f"Got {options.seed} for both."
        )
    if 0 in options.steps or len(set(options.steps)) != len(options.steps):
        raise UserError(
            f"`evaluate.steps` must differ from each other and from 0. Got {list(options.steps)}."
        )

    def work(step: Step) -> None:
        from tlgan.formats.axis_file import read_axes

        axes, reader = read_axes(orthogonalize.output), judge.open()
        job = Job((generator, judge, *([critic] if critic else [])), partial(_rescoring, axes, options))
        moves = (len(options.edits), len(axes), len(options.steps))
        columns = [
            RowDataset("scores", (*moves, len(reader.names)), "<f4"),
            RowDataset("unedited", (len(reader.names),), "<f4"),
            RowDataset("strangers", (), "<f4"),
        ]
        for name in ("identity", "realism", "saturated"):
            columns.append(RowDataset(name, moves, "<f4"))
        columns += [RowDataset("unedited_realism", (), "<f4"), RowDataset("unedited_saturated", (), "<f4")]
        attributes = step.attributes() | {
            "judge": reader.name,
            "names_json": json.dumps(reader.names),
            "kinds_json": json.dumps(reader.kinds),
            "units_json": json.dumps(reader.units),
            "axes_json": json.dumps(axes.names),
        }
        with (
            locked(step.output),
            RowWriter(step.output, columns, step.rows, attributes) as writer,
            counting(step.title, step.rows, writer.done) as progress,
        ):
            for rows in worked(recipe, job, blocks(writer.done, step.rows, BLOCK)):
                writer.append(rows)
                progress.advance(len(rows["unedited"]))

    return Step(
        stage="rescore",
        title="rescore",
        version=2,
        parameters={"seed": options.seed, "steps": list(options.steps), "edits": list(options.edits)}
        | ({"realism": options.realism} if critic else {}),
        inputs={
            "orthogonalize": orthogonalize.fingerprint,
            "generator": generator.fingerprint,
            "judge": judge.fingerprint,
        }
        | ({"discriminator": critic.fingerprint} if critic else {}),
        place=in_cache("rescores"),
        work=work,
        rows=options.count,
    )


def _rescoring(axes: Axes, options: Evaluate, generator: Any, judge: Any, critic: Any = None) -> tuple[Act]:
    from tlgan.editing.edit_methods import build_edit
    from tlgan.latents.sampling import draw_latents

    readers = Readers(generator, judge, critic)
    movers = [build_edit(axes, edit) for edit in options.edits]
    dimension, space = axes.latent_dim, axes.latent_space

    def act(block: Block) -> dict[str, np.ndarray]:
        latents = draw_latents(block.start, block.count, dimension, space=space, seed=options.seed)
        shown = block.start + block.count <= options.realism and block.count % GROUP == 0
        eyes = readers if shown else dataclasses.replace(readers, critic=None)
        return rescore(latents, movers, len(axes), options.steps, eyes)

    return (act,)


def critic_source(recipe: Recipe) -> Source | None:
    """The discriminator that was trained with the generator; None where there is none."""
    from models.weights.locate import find_weights
    from pipelines.workflow.file_hash import file_hash

    try:
        weights = find_weights(recipe.sample.generator, "discriminator")
    except UserError:
        return None
    if weights == generator_source(recipe).weights:  # a generator given as a file
        weights = weights.with_name(weights.name.replace(".generator.", ".discriminator."))
        if weights == generator_source(recipe).weights or not weights.is_file():
            return None

    def opened(weights: Path):
        from models.loaders.generator import load_discriminator

        return load_discriminator(weights)

    return Source(weights.name.removesuffix(".h5"), file_hash(weights), opened, weights)


@dataclass(frozen=True, eq=False)
class Readers:
    """Whoever looks at an edit: the generator that draws it, the judge, and the discriminator if any."""

    generator: Any
    judge: Any
    critic: Callable[[np.ndarray], np.ndarray] | None

    def look(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        """Scores, features, saturated share and realism of the pictures of latents."""
        images = self.generator(latents)
        if isinstance(self.judge, Oracle):
            scores = read_scores(self.judge, images, latents)
            features = np.full((len(latents), 1), np.nan, "f4")
        else:
            scores, features = self.judge.read(self.judge.crop(images))
        saturated = ((images == 0) | (images == 255)).mean(axis=(1, 2, 3), dtype=np.float32)
        realism = self.critic(images) if self.critic else np.full(len(images), np.nan, "f4")
        return {"scores": scores, "features": features, "saturated": saturated, "realism": realism}


def rescore(latents, movers, n_axes: int, steps, readers: Readers) -> dict[str, np.ndarray]:
    """The rows of a block of latents.

    A picture is compared with the picture of its own latent. The pictures of one edit of all latents
    stand together, as the discriminator's statistic over four pictures wants four different faces.
    """
    count = len(latents)
    before = readers.look(latents)
    rows: dict[str, np.ndarray] = {}
    for places, moved in _chunks(latents, movers, n_axes, steps, readers.generator.resolution):
        lost = np.isnan(moved).any(axis=2)
        drawn = np.where(lost[:, :, None], latents, moved)
        seen = readers.look(drawn.reshape(-1, drawn.shape[2]).astype("f4"))
        seen["identity"] = _cosines(seen.pop("features"), np.tile(before["features"], (len(moved), 1)))
        for name, values in seen.items():
            shape = (count, len(movers), n_axes, len(steps), *values.shape[1:])
            column = rows.setdefault(name, np.full(shape, np.nan, "f4"))
            values = values.reshape(*lost.shape, *values.shape[1:]).astype("f4")
            values[lost] = np.nan
            for group, targets in zip(values, places, strict=True):
                for place in targets:
                    column[:, *place] = group
    rows["unedited"] = before["scores"]
    rows["strangers"] = _cosines(before["features"], np.roll(before["features"], 1, axis=0))
    rows["unedited_realism"], rows["unedited_saturated"] = before["realism"], before["saturated"]
    if count == 1:  # no other face to compare with
        rows["strangers"] = np.full(1, np.nan, "f4")
    return rows


def _chunks(latents, movers, n_axes, steps, resolution) -> Iterator[tuple[list, np.ndarray]]:
    """Moved latents, as many as fit into memory as pictures, with the places each of them belongs to.

    Edits that move all latents alike (the first axis of a base, raw and orthogonalised) are drawn once.
    """
    most = max(1, CHUNK_BYTES // (3 * resolution**2 * len(latents)))
    places: list[list[tuple[int, int, int]]] = []
    moves: list[np.ndarray] = []
    for row in range(n_axes):
        alike: dict[bytes, list[tuple[int, int, int]]] = {}
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
            yield places[:most], np.stack(moves[:most])
            del places[:most], moves[:most]
    if moves:
        yield places, np.stack(moves)


def _cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = (first * second).sum(axis=1)
    return np.divide(products, lengths, out=np.full(len(first), np.nan, "f4"), where=lengths > 0)
