"""Edit latents by short steps along the gradient of a latent regressor at the latent itself.

Each step is the least move that changes the target by so much, brings locked attributes back to where they were,
and changes the others little: the δ that minimises ‖δ‖² + Σⱼ λⱼ (Jⱼδ)² with J_target δ = step and J_locked δ = −d,
where d is how far a locked attribute has come from its start, all in standard deviations. The outputs j are the
other attributes' scores and, where the regressor predicts them, components of the picture. A related method takes
the gradient through generator and classifier: IALS (Han et al. 2021, arXiv 2105.12660).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from tlgan.array_types import Floats
from tlgan.axes.score_predictor import ScorePredictor
from tlgan.editing.local_steps import MOST_STEPS, MOVING, REASONS, TOO_LONG, LocalWalk


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # looks for the libraries, which takes longer than a step


@dataclass(frozen=True, eq=False)
class LocalEdit:
    """Latents after an edit, the way there, and how far it came.

    Attributes
    ----------
    latents : float64 array, shape (n, latent_dim)
    path : float64 array, shape (n_steps + 1, n, latent_dim)
        From the latents as they were to `latents`; a latent that arrives early stays.
    changes : float64 array, shape (n, n_targets)
        Change of each target's prediction, in label units.
    wanted : float64 array, shape (n, n_targets)
    stopped : tuple of str, length n
        Why each latent stopped before its targets; "" where they are reached.
    """

    latents: Floats
    path: Floats
    changes: Floats
    wanted: Floats
    stopped: tuple[str, ...]


class EditStoppedWarning(UserWarning):
    """A local edit stopped before its target; the message says how far it came and why."""


def stop_sentences(edit: LocalEdit, targets: Sequence[str], units: Sequence[str]) -> list[str]:
    """One sentence for each latent that stopped before its target, with how far it came; three at most."""
    sentences = []
    for row, reason in enumerate(edit.stopped):
        if not reason:
            continue
        of = f" of latent {row}" if len(edit.stopped) > 1 else ""
        came = ", ".join(
            f"{name}{of} changed by {came:+.3g} of {wanted:+.3g} {unit}"
            for name, came, wanted, unit in zip(
                targets, edit.changes[row], edit.wanted[row], units, strict=True
            )
        )
        sentences.append(f"{came}: {reason}.")
    more = len(sentences) - 3
    return sentences[:3] + ([f"{more} more latents stopped."] if more > 0 else [])


def local_edit(
    regressor: ScorePredictor,
    latents: Floats,
    targets: Sequence[str],
    changes: Floats,
    *,
    latent_space: str,
    locks: Sequence[str] = (),
    strictness: float = 1.0,
) -> LocalEdit:
    """Move each latent until the predictions of the targets have changed as wanted, or say why not.

    Parameters
    ----------
    regressor : ScorePredictor
    latents : float64 array, shape (n, latent_dim)
    targets : sequence of str, length n_targets
    changes : float64 array, shape (n, n_targets)
        Wanted change of each target's prediction, in label units.
    latent_space : str
        "sphere": steps are arcs. "normal": no latent grows longer than random ones are. "uniform": no entry
        leaves [-1, 1].
    locks : sequence of str
        Attributes whose prediction stays.
    strictness : float, at least 0
        How much the other attributes count; see `penalties`.

    Returns
    -------
    LocalEdit
    """
    # The matrices are small: threads of a linear algebra library would wait for each other most of the time.
    with _libraries().limit(limits=1, user_api="blas"):
        walk = LocalWalk(regressor, latents, targets, changes, latent_space, locks, strictness)
        path = [walk.latents.copy()]
        for _ in range(MOST_STEPS):
            active = np.flatnonzero(walk.state == MOVING)
            if not len(active):
                break
            walk.step(active)
            path.append(walk.latents.copy())
        walk.restore_locks()
        path[-1] = walk.latents.copy()
    walk.state[walk.state == MOVING] = TOO_LONG
    came = (walk.scores - walk.start)[:, walk.target] * regressor.scales[walk.target]
    return LocalEdit(
        walk.latents,
        np.stack(path),
        came,
        np.asarray(changes, np.float64),
        tuple(REASONS[code] for code in walk.state),
    )
