"""Known axes: how far the recovered axes are from the planted ones, and how near they could be."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.doors import plant
from pipelines.evaluation import Evidence
from pipelines.recipe import Recipe
from tlgan.moves import angles_between


def truth(recipe: Recipe, evidence: Evidence) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Angles to the planted axes beside the information limit, and both matrices of cosines.

    The labeller's noise is measured against the true factors: what a straight line leaves unexplained,
    in standard deviations of a factor. The limit is that of the best estimate from so many scores of
    that noise, if the noise were normal and the same everywhere; see `KnownAxes.angular_limits`.
    """
    known = plant(recipe)
    axes = evidence.axes
    rows = [axes.index(name) for name in known.names if name in axes.names]
    planted = [number for number, name in enumerate(known.names) if name in axes.names]
    names = [known.names[number] for number in planted]
    directions = known.directions[planted]
    angles = angles_between(axes.raw_directions[rows], directions)
    factors = known.factors(evidence.sampled)
    used = round(len(evidence.sampled) * (1 - recipe.fit.held_out))
    table = []
    for place, (name, number) in enumerate(zip(names, planted, strict=True)):
        noise = labeller_noise(evidence.labelled[name], factors[:, number])
        limit = known.angular_limits(used, noise)[number] if 0 < noise < np.inf else np.nan
        table.append(
            {
                "name": name,
                "angle": float(angles[place]),
                "stated_error": float(axes.angular_errors[rows[place]]),
                "labeller_noise": noise,
                "limit": float(limit),
            }
        )
    recovered = axes.raw_directions[rows] @ axes.raw_directions[rows].T
    arrays = {
        "truth/planted_cosines": directions @ directions.T,
        "truth/recovered_cosines": recovered,
    }
    off = ~np.eye(len(names), dtype=bool)
    summary = {
        "nonlinearity": known.nonlinearity,
        "samples_used": used,
        "median_angle": float(np.median(angles)),
        "largest_angle": float(np.max(angles)),
        "median_limit": float(np.nanmedian([row["limit"] for row in table])),
        "mean_cosine_error": float(np.abs(recovered - directions @ directions.T)[off].mean()),
        "largest_cosine_error": float(np.abs(recovered - directions @ directions.T)[off].max()),
    }
    return {"names": names, "summary": summary, "axes": table}, arrays


def labeller_noise(scores: np.ndarray, factor: np.ndarray) -> float:
    """Standard deviation of a labeller's error about its best straight line, in those of a factor.

    Infinite where the scores do not follow the factor.
    """
    correlation = np.corrcoef(scores, factor)[0, 1] if scores.std() > 0 else 0.0
    return float(np.sqrt(max(0.0, 1 - correlation**2)) / correlation) if correlation > 0 else float("inf")
