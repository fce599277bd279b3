"""Latents moved along every axis, drawn, and read by the judge: the rows of the stage `rescore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.execution.failed_rows import finite_scores, locating_rows
from pipelines.sources.second_judges import SharedAttribute, shared_scores

if TYPE_CHECKING:
    from models.protocols import Embedder, Generator, Labeller
    from tlgan.editing.edit_methods import EditFunction

GROUP = 4  # pictures that the discriminator compares; they must be of different faces
CHUNK_BYTES = 2**24  # of pictures drawn and read at a time
# Edits that take a while to compute: where latents went is stored, so that tables need not move them again.
STEPWISE = ("soft-locked", "local-free", "local", "local-strict")
SECOND = "second_scores"  # a column that is there where there are second judges


@dataclass(frozen=True, eq=False)
class ScoringNetworks:
    """The networks that an edit goes through: generator and judge, and if any discriminator, embedder, second judges.

    `shared` are the attributes that are read of the second judges.
    """

    generator: Generator
    judge: Labeller
    discriminator: Callable[[np.ndarray], np.ndarray] | None = None
    embedder: Embedder | None = None
    second_judges: tuple[Labeller, ...] = ()
    shared: tuple[SharedAttribute, ...] = ()

    def score(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        """Scores, features, saturated share and realism of the pictures of latents."""
        with locating_rows(latents):
            images = self.generator(latents)
            scores, features = self.judge.score_and_features(images, latents, 0)
            finite_scores(self.judge, scores)
            features = self.embedder(images) if self.embedder else features
            second = self._second_scores(images, latents)
        saturated = ((images == 0) | (images == 255)).mean(axis=(1, 2, 3), dtype=np.float32)
        unknown = np.full(len(images), np.nan, "f4")
        realism = self.discriminator(images) if self.discriminator else unknown
        return {"scores": scores, "features": features, "saturated": saturated, "realism": realism} | second

    def _second_scores(self, images: np.ndarray, latents: np.ndarray) -> dict[str, np.ndarray]:
        """The second judges' scores of what they share with the judge; nothing without second judges."""
        if not self.second_judges:
            return {}
        scores = [judge.score_rows(images, latents, 0) for judge in self.second_judges]
        for judge, values in zip(self.second_judges, scores, strict=True):
            finite_scores(judge, values)
        return {SECOND: shared_scores(scores, self.shared)}


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
        Standard deviations, see `tlgan.editing.edit_methods.EDIT_METHODS`.
    networks : ScoringNetworks

    Returns
    -------
    dict of float32 arrays, first axis n; see `pipelines.stages.rescore`
    """
    count = len(latents)
    before = networks.score(latents)
    rows: dict[str, np.ndarray] = {}
    for moves in _move_in_chunks(latents, movers, n_axes, steps, networks.generator.resolution):
        lost = np.isnan(moves.latents).any(axis=2)
        drawn = np.where(lost[:, :, None], latents, moves.latents)
        seen = networks.score(drawn.reshape(-1, drawn.shape[2]).astype("f4"))
        seen["identity"] = _cosines(seen.pop("features"), np.tile(before["features"], (len(drawn), 1)))
        seen["moved"] = drawn.reshape(-1, drawn.shape[2])
        for name, values in seen.items():
            shape = (count, len(movers), n_axes, len(steps), *values.shape[1:])
            column = rows.setdefault(name, np.full(shape, np.nan, "f4"))
            values = values.reshape(*lost.shape, *values.shape[1:]).astype("f4")
            values[lost] = np.nan
            for group, places in zip(values, moves.places, strict=True):
                for place in places:
                    column[:, *place] = group
    rows["unedited"] = before["scores"]
    if SECOND in before:
        rows[f"unedited_{SECOND}"] = before[SECOND]
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
