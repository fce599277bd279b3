"""The steps of a local edit: where each latent is, how far it may go, and why it stops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlgan.array_types import Floats
from tlgan.axes.score_predictor import ScorePredictor
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents

LARGEST_STEP = 0.35  # of the target, in standard deviations of its score
SMALLEST_STEP = 0.004
MET = 0.002  # a target that is nearer than this is reached
HELD = 0.001  # a locked attribute that is nearer than this to its start is where it should be
LONGEST_MOVE = 1.0  # of one step, units of z
WEAKEST_GRADIENT = 0.02  # standard deviations per unit of z
DEPENDENT = 1e-6  # of the largest eigenvalue: directions below it are combinations of the others
MOST_STEPS = 400
MOST_CORRECTIONS = 8
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
    "what is locked or edited beside it leaves no way",
    "beyond lie no latents that the generator was trained on",
    "too many steps",
)
(
    REACHED,
    VANISHES,
    BENDS,
    DISAGREES,
    UNSEEN,
    LOCKED,
    LEAVES,
    TOO_LONG,
) = range(len(REASONS))
MOVING = -1


def check_strictness(strictness: float) -> float:
    """Refuse a strictness that is negative or not finite."""
    if not 0 <= strictness < np.inf:
        raise UserError(
            f"`strictness` must be finite and at least 0. Got {strictness}; 1 is usual, 10 strict."
        )
    return strictness


def penalties(regressor: ScorePredictor, edited: Sequence[str], strictness: float) -> Floats:
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
    weights: Floats = check_strictness(strictness) * explained
    for name in edited:
        for other in (name, *regressor.companions(name)):
            if other in regressor.names:
                weights[regressor.names.index(other)] = 0.0
    return weights


class LocalWalk:
    """State of an edit of several latents: where they are, and how far each may go in a step."""

    def __init__(
        self,
        regressor: ScorePredictor,
        latents: Floats,
        targets: Sequence[str],
        changes: Floats,
        latent_space: str,
        locks: Sequence[str],
        strictness: float,
    ) -> None:
        self.regressor, self.space = regressor, latent_space
        self.latents = normalize_latents(latents, latent_space)
        components = regressor.n_components
        self.scales = np.concatenate([regressor.scales, np.ones(components)])
        self.offsets = np.concatenate([regressor.offsets, np.zeros(components)])
        self.target = [regressor.index(name) for name in targets]
        locked = dict.fromkeys(regressor.index(name) for name in locks)
        self.fixed = self.target + [column for column in locked if column not in self.target]
        self.roots = np.sqrt(penalties(regressor, targets, strictness))
        self.roots[self.fixed] = 0.0
        self.scores, self.jacobian = self._predict(self.latents)
        self.start = self.scores.copy()
        now = self.start[:, self.target]
        self.goal = now + np.asarray(changes, np.float64) / regressor.scales[self.target]
        seen = [
            (side[self.target] - regressor.offsets[self.target]) / regressor.scales[self.target]
            for side in (regressor.lowest, regressor.highest)
        ]
        self.limited = np.clip(self.goal, np.minimum(seen[0], now), np.maximum(seen[1], now))
        self.longest = np.maximum(
            np.sqrt(regressor.latent_dim) + PRIOR_QUANTILE * np.sqrt(0.5),
            np.linalg.norm(self.latents, axis=1, keepdims=True),
        )
        self.most_scatter = np.maximum(
            MOST_SCATTER * regressor.scatter[self.target], self._scatter(self.latents)
        )
        self.at_edge = np.zeros(len(self.latents), bool)  # of what the generator was trained on
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
        wanted = (self.start - self.scores)[rows][:, self.fixed]
        wanted[:, : len(self.target)] = self.limited[rows] - self.scores[rows][:, self.target]
        wanted *= np.minimum(1.0, self.trust[rows] / np.maximum(np.abs(wanted).max(axis=1), HELD))[:, None]
        moves, self.state[rows] = self._solve_inside_the_prior(rows, wanted)
        going = self.state[rows] == MOVING
        rows, moves, wanted = rows[going], moves[going], wanted[going]
        if not len(rows):
            return
        shortened = np.minimum(1.0, LONGEST_MOVE / np.maximum(np.linalg.norm(moves, axis=1), 1e-300))[:, None]
        wanted *= shortened
        moved = self._move(rows, moves * shortened)
        scores, jacobian = self._predict(moved)
        error = np.abs(scores[:, self.fixed] - self.scores[rows][:, self.fixed] - wanted).max(axis=1)
        size = np.maximum(np.abs(wanted).max(axis=1), MET)
        taken = error <= 0.5 * size
        self._take(rows, taken, moved, scores, jacobian)
        good = rows[error < 0.2 * size]
        self.trust[good] = np.minimum(LARGEST_STEP, 1.5 * self.trust[good])
        refused = rows[~taken]
        self.trust[refused] = size[~taken] / 2
        hopeless = refused[self.trust[refused] < SMALLEST_STEP]
        self.state[hopeless] = np.where(self.at_edge[hopeless], LEAVES, BENDS)
        self._settle(rows[taken])

    def restore_locks(self) -> None:
        """Bring locked attributes back to where they were, of latents that stopped in the middle of their way."""
        locked = self.fixed[len(self.target) :]
        for _ in range(MOST_CORRECTIONS):
            drift = (self.scores - self.start)[:, locked]
            rows = np.flatnonzero(np.abs(drift).max(axis=1, initial=0.0) >= HELD)
            if not len(rows):
                return
            gradients = self.jacobian[rows][:, locked]
            inverse = _inverses(gradients @ np.swapaxes(gradients, 1, 2))
            moves = -(np.swapaxes(inverse @ drift[rows, :, None], 1, 2) @ gradients)[:, 0]
            moved = self._move(rows, moves)
            scores, jacobian = self._predict(moved)
            left = np.abs((scores - self.start[rows])[:, locked]).max(axis=1)
            self._take(rows, left < np.abs(drift[rows]).max(axis=1), moved, scores, jacobian)

    def _take(
        self, rows: np.ndarray, taken: np.ndarray, moved: Floats, scores: Floats, jacobian: Floats
    ) -> None:
        for state, new in ((self.latents, moved), (self.scores, scores), (self.jacobian, jacobian)):
            state[rows[taken]] = new[taken]

    def _settle(self, rows: np.ndarray) -> None:
        """Mark the latents that have arrived, or must not go on."""
        missing = np.abs(self.limited[rows] - self.scores[rows][:, self.target]).max(axis=1)
        locked = self.fixed[len(self.target) :]
        drift = np.abs(self.scores[rows] - self.start[rows])[:, locked].max(axis=1, initial=0.0)
        beyond = (np.abs(self.limited[rows] - self.goal[rows]) > MET).any(axis=1)
        arrived = (missing < MET) & (drift < HELD)
        self.state[rows[arrived & ~beyond]] = REACHED
        self.state[rows[arrived & beyond]] = UNSEEN
        on = rows[~arrived]
        if len(on):
            unsure = self._scatter(self.latents[on]) > self.most_scatter[on] + 1e-6
            self.state[on[unsure.any(axis=1)]] = DISAGREES

    def _scatter(self, latents: Floats) -> Floats:
        """Disagreement of the members about the targets."""
        return self.regressor.disagreement(latents)[:, self.target]

    def _solve_inside_the_prior(self, rows: np.ndarray, wanted: Floats) -> tuple[Floats, np.ndarray]:
        """Moves as `_solve` finds them, without what would lead where the generator knows no latents."""
        jacobian = self.jacobian[rows]
        moves, states = self._solve(jacobian, wanted)
        if self.space == "sphere":
            return moves, states
        latents = self.latents[rows]
        if self.space == "uniform":
            exits = (np.abs(latents) >= 1.0) & (moves * latents > 0)
            within = np.where(exits[:, None], 0.0, jacobian)
            leaving = exits.any(axis=1)
        else:
            lengths = np.linalg.norm(latents, axis=1, keepdims=True)
            outward = latents / np.maximum(lengths, 1e-300)
            leaving = (lengths >= self.longest[rows] * (1 - 1e-9))[:, 0] & ((moves * outward).sum(axis=1) > 0)
            within = jacobian - (jacobian @ outward[:, :, None]) * outward[:, None]
        leaving &= states == MOVING
        self.at_edge[rows] = leaving
        if leaving.any():
            moves[leaving], inside = self._solve(within[leaving], wanted[leaving])
            states[leaving] = np.where(inside == MOVING, MOVING, LEAVES)
        return moves, states

    def _solve(self, jacobian: Floats, wanted: Floats) -> tuple[Floats, np.ndarray]:
        """Moves that change the fixed attributes by `wanted`, and why there is none: a reason, or MOVING."""
        damped = self.roots[None, :, None] * jacobian
        gram = damped @ np.swapaxes(damped, 1, 2)
        gram[:, range(gram.shape[1]), range(gram.shape[1])] += 1.0
        fixed = jacobian[:, self.fixed]
        # (I + AᵀA)⁻¹ applied to the gradients, by way of the smaller I + AAᵀ (Woodbury).
        inner = np.linalg.solve(gram, damped @ np.swapaxes(fixed, 1, 2))
        shrunk = fixed - np.swapaxes(inner, 1, 2) @ damped
        inverse = _inverses(fixed @ np.swapaxes(shrunk, 1, 2))
        moves = (np.swapaxes(inverse @ wanted[:, :, None], 1, 2) @ shrunk)[:, 0]
        # The move that one standard deviation of each target takes, and whether it changes the target alone.
        n_targets = len(self.target)
        units = np.swapaxes(inverse[:, :, :n_targets], 1, 2) @ shrunk
        missed = np.abs(fixed @ np.swapaxes(units, 1, 2) - np.eye(len(self.fixed))[:, :n_targets]).max(
            axis=(1, 2)
        )
        longest = np.linalg.norm(units, axis=2).max(axis=1)
        states = np.where((missed > 0.01) | (longest > 1 / WEAKEST_GRADIENT), LOCKED, MOVING)
        own = np.linalg.norm(fixed[:, :n_targets], axis=2).min(axis=1)
        states[own < WEAKEST_GRADIENT] = VANISHES
        return moves, states

    def _move(self, rows: np.ndarray, moves: Floats) -> Floats:
        moved = self.latents[rows] + moves
        if self.space == "sphere":
            return normalize_latents(moved, "sphere")
        if self.space == "uniform":
            # A latent from elsewhere may lie outside; it goes no further.
            furthest = np.maximum(1.0, np.abs(self.latents[rows]))
            clipped: Floats = np.clip(moved, -furthest, furthest)
            return clipped
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        shortened: Floats = moved * np.minimum(1.0, self.longest[rows] / lengths)
        return shortened


def _inverses(matrices: Floats) -> Floats:
    """Pseudo-inverses of the Gram matrices of gradients, of which some may depend on others."""
    values, vectors = np.linalg.eigh(matrices)
    apart = values > DEPENDENT * np.maximum(values[:, -1:], 1e-300)
    reciprocal = np.divide(1.0, values, out=np.zeros_like(values), where=apart)
    inverses: Floats = (vectors * reciprocal[:, None]) @ np.swapaxes(vectors, 1, 2)
    return inverses
