"""The steps of a local edit: where each latent is, how far it may go, and why it stops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlgan.array_types import Booleans, Floats
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.latents.geometry import normalize_latents

LARGEST_STEP = 0.35  # of the target, in standard deviations of its score
SMALLEST_STEP = 0.004
MET = 0.002  # a target that is nearer than this is reached
LONGEST_MOVE = 1.0  # of one step, units of z
WEAKEST_GRADIENT = 0.02  # standard deviations per unit of z
MOST_STEPS = 400
# Of an output's squared change beside the squared length of the move: between 10 and 30, and 2 and 4, leakage on
# celeba64 hardly differs; below, it grows.
ATTRIBUTE_WEIGHT = 20.0
COMPONENT_WEIGHT = 3.0
MOST_SCATTER = 2.5  # times the scatter that 99 of 100 unseen rows stay below
PRIOR_QUANTILE = 3.0  # standard deviations of the length of a normal latent

REASONS = (
    "",
    "the regressor's gradient vanishes",
    "the regressor's prediction bends too sharply",
    "the members of the regressor disagree",
    "nothing beyond was seen",
    "the locks leave no way",
    "too many steps",
)
(
    REACHED,
    VANISHES,
    BENDS,
    DISAGREES,
    UNSEEN,
    LOCKED,
    TOO_LONG,
) = range(len(REASONS))
MOVING = -1


def penalties(regressor: LatentRegressor, edited: Sequence[str], strictness: float) -> Floats:
    """Weight λ of each output's change in a step, shape (n_attributes + n_components,).

    `strictness` times `ATTRIBUTE_WEIGHT` or `COMPONENT_WEIGHT`, times the share of the output's variance that the
    regressor explains on unseen rows: what it cannot predict it cannot hold. 0 for the edited attributes and for
    those of their groups.
    """
    explained = np.concatenate(
        [
            ATTRIBUTE_WEIGHT * np.clip(np.nan_to_num(regressor.held_out, nan=1.0), 0.0, 1.0),
            COMPONENT_WEIGHT * np.clip(regressor.component_held_out, 0.0, 1.0),
        ]
    )
    weights: Floats = strictness * explained
    for name in edited:
        for other in (name, *regressor.companions(name)):
            if other in regressor.names:
                weights[regressor.names.index(other)] = 0.0
    return weights


class LocalWalk:
    """State of an edit of several latents: where they are, and how far each may go in a step."""

    def __init__(
        self,
        regressor: LatentRegressor,
        latents: Floats,
        targets: Sequence[str],
        changes: Floats,
        latent_space: str,
        locks: Sequence[str],
        strictness: float,
        origin: Floats | None,
    ) -> None:
        self.regressor, self.space = regressor, latent_space
        self.latents = normalize_latents(latents, latent_space)
        components = regressor.n_components
        self.scales = np.concatenate([regressor.scales, np.ones(components)])
        self.offsets = np.concatenate([regressor.offsets, np.zeros(components)])
        self.target = [regressor.index(name) for name in targets]
        self.fixed = self.target + [regressor.index(name) for name in locks]
        self.roots = np.sqrt(penalties(regressor, targets, strictness))
        self.roots[self.fixed] = 0.0
        self.scores, self.jacobian = self._predict(self.latents)
        self.first = self.scores.copy()
        self.start = (
            self.scores if origin is None else self._predict(normalize_latents(origin, latent_space))[0]
        )
        wanted = np.asarray(changes, np.float64) / regressor.scales[self.target]
        self.goal = self.first[:, self.target] + wanted
        seen = [
            (side[self.target] - regressor.offsets[self.target]) / regressor.scales[self.target]
            for side in (regressor.lowest, regressor.highest)
        ]
        now = self.first[:, self.target]
        self.limited = np.clip(self.goal, np.minimum(seen[0], now), np.maximum(seen[1], now))
        self.trust = np.full(len(self.latents), LARGEST_STEP)
        self.state = np.full(len(self.latents), MOVING)
        self._settle(np.arange(len(self.latents)))

    def _predict(self, latents: Floats) -> tuple[Floats, Floats]:
        """Scores and Jacobian in standard deviations of the scores; along the sphere only, where there is one."""
        scores, jacobian = self.regressor.with_jacobian(latents, components=True)
        jacobian /= self.scales[:, None]
        if self.space == "sphere":
            outward = latents / np.linalg.norm(latents, axis=1, keepdims=True)
            jacobian -= (jacobian @ outward[:, :, None]) * outward[:, None]
        return (scores - self.offsets) / self.scales, jacobian

    def step(self, rows: np.ndarray) -> None:
        """One step of the latents in `rows`; each is taken, or tried again half as long, or stops."""
        remaining = self.limited[rows] - self.scores[rows][:, self.target]
        share = np.minimum(1.0, self.trust[rows] / np.abs(remaining).max(axis=1))
        wanted = remaining * share[:, None]
        moves, weak = self._solve(rows, wanted)
        self.state[rows[weak]] = VANISHES if len(self.fixed) == len(self.target) else LOCKED
        rows, moves, wanted = rows[~weak], moves[~weak], wanted[~weak]
        if not len(rows):
            return
        moved = self._move(self.latents[rows], moves)
        scores, jacobian = self._predict(moved)
        error = np.abs(scores[:, self.target] - self.scores[rows][:, self.target] - wanted).max(axis=1)
        size = np.abs(wanted).max(axis=1)
        taken = error <= 0.5 * size
        kept = rows[taken]
        self.latents[kept], self.scores[kept], self.jacobian[kept] = (
            moved[taken],
            scores[taken],
            jacobian[taken],
        )
        good = kept[error[taken] < 0.2 * size[taken]]
        self.trust[good] = np.minimum(LARGEST_STEP, 1.5 * self.trust[good])
        refused = rows[~taken]
        self.trust[refused] = size[~taken] / 2
        self.state[refused[self.trust[refused] < SMALLEST_STEP]] = BENDS
        self._settle(kept)

    def _settle(self, rows: np.ndarray) -> None:
        """Mark the latents that have arrived, or must not go on."""
        remaining = np.abs(self.limited[rows] - self.scores[rows][:, self.target]).max(axis=1)
        beyond = (np.abs(self.limited[rows] - self.goal[rows]) > MET).any(axis=1)
        arrived = remaining < MET
        self.state[rows[arrived & ~beyond]] = REACHED
        self.state[rows[arrived & beyond]] = UNSEEN
        if self.regressor.n_members > 1 and len(rows):
            spread = self.regressor.disagreement(self.latents[rows])[:, self.target]
            unsure = (spread > MOST_SCATTER * self.regressor.scatter[self.target]).any(axis=1) & ~arrived
            self.state[rows[unsure]] = DISAGREES

    def _solve(self, rows: np.ndarray, wanted: Floats) -> tuple[Floats, Booleans]:
        """Moves that change the targets by `wanted`, and which latents have no gradient to follow."""
        jacobian = self._open_directions(rows)
        drift = self.scores[rows] - self.start[rows]
        damped = self.roots[None, :, None] * jacobian
        gram = damped @ np.swapaxes(damped, 1, 2)
        gram[:, range(gram.shape[1]), range(gram.shape[1])] += 1.0

        def shrink(vectors: Floats) -> Floats:
            """(I + AᵀA)⁻¹ applied to rows, by way of the smaller I + AAᵀ (Woodbury)."""
            inner = np.linalg.solve(gram, damped @ np.swapaxes(vectors, 1, 2))
            return vectors - np.swapaxes(inner, 1, 2) @ damped

        fixed = jacobian[:, self.fixed]
        changes = np.zeros((len(rows), len(self.fixed)))
        changes[:, : len(self.target)] = wanted
        changes[:, len(self.target) :] = -drift[:, self.fixed[len(self.target) :]]
        back = -(self.roots * drift)[:, None] @ damped
        free = shrink(back)
        shrunk = shrink(fixed)
        strength = fixed @ np.swapaxes(shrunk, 1, 2)
        # What is left of a target's gradient when the locked ones and the other targets are taken off it.
        weak = (
            1 / np.sqrt(np.maximum(_inverse_diagonal(strength)[:, : len(self.target)], 1e-30))
            < WEAKEST_GRADIENT
        )
        lost = weak.any(axis=1)
        strength[lost] = np.eye(strength.shape[1])
        missing = changes[:, :, None] - fixed @ np.swapaxes(free, 1, 2)
        moves = free[:, 0] + (np.swapaxes(np.linalg.solve(strength, missing), 1, 2) @ shrunk)[:, 0]
        lengths = np.linalg.norm(moves, axis=1, keepdims=True)
        shortened = np.minimum(1.0, LONGEST_MOVE / np.maximum(lengths, 1e-300))
        wanted *= shortened
        return moves * shortened, lost

    def _open_directions(self, rows: np.ndarray) -> Floats:
        """Jacobians without the directions in which a latent would leave the prior."""
        jacobian, latents = self.jacobian[rows], self.latents[rows]
        if self.space == "uniform":
            return np.where((np.abs(latents) >= 1.0)[:, None], 0.0, jacobian)
        if self.space == "normal":
            lengths = np.linalg.norm(latents, axis=1)
            longest = np.sqrt(latents.shape[1]) + PRIOR_QUANTILE * np.sqrt(0.5)
            for row in np.flatnonzero(lengths >= longest):
                outward = latents[row] / lengths[row]
                jacobian[row] -= np.outer(jacobian[row] @ outward, outward)
        return jacobian

    def _move(self, latents: Floats, moves: Floats) -> Floats:
        moved = latents + moves
        if self.space == "sphere":
            return normalize_latents(moved, "sphere")
        if self.space == "uniform":
            return np.clip(moved, -1.0, 1.0)
        return moved


def _inverse_diagonal(matrices: Floats) -> Floats:
    """Diagonals of the inverses of symmetric matrices, infinite where one is singular."""
    values, vectors = np.linalg.eigh(matrices)
    safe = np.maximum(values, 1e-12)
    diagonal: Floats = np.einsum("nij,nj->ni", vectors**2, 1 / safe)
    return diagonal
