"""Known axes: how far the recovered axes are from the planted ones, and what edits do to the true factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.edited_latents import edited_latents, moved_latents
from pipelines.evaluation.inputs import EvaluationInputs
from pipelines.evaluation.leakage_table import MeasuredEdit, leakage_draws, leakage_table
from pipelines.sources.synthetic import KNOWN_FACTORS, planted_axes_of
from tlgan.evaluation.bootstrap import bootstrap_weights, known_means
from tlgan.evaluation.leakage import furthest_changes
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations
from tlgan.evaluation.side_effects import co_movement
from tlgan.latents.geometry import angles_between
from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference
from tlgan.regression.fit import fit_glms, probabilities

if TYPE_CHECKING:
    from data.synthetic.planted_axes import KnownAxes

CURVE = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)  # samples


@dataclass(frozen=True, eq=False)
class KnownAxesComparison:
    """Recovered beside planted axes: the tables, and both matrices of cosines by name."""

    tables: dict[str, Any]
    arrays: dict[str, np.ndarray]


def compare_with_known_axes(inputs: EvaluationInputs) -> KnownAxesComparison:
    """Compare the axes of a run with the planted ones, beside the information limit.

    The labeller's noise is measured against the true factors: what a straight line leaves unexplained,
    in standard deviations of a factor. The limit is that of the best estimate from so many scores of
    that noise, if the noise were normal and the same everywhere; see `KnownAxes.angular_limits`.
    """
    recipe = inputs.recipe
    known = planted_axes_of(recipe)
    planted = [number for number, name in enumerate(known.names) if name in inputs.axes.names]
    names = [known.names[number] for number in planted]
    used = round(len(inputs.sampled) * (1 - recipe.fit.held_out))
    rows = _axis_rows(inputs, known, planted, used)
    directions, raw = known.directions[planted], inputs.axes.raw_directions
    found = [inputs.axes.index(name) for name in names]
    cosines = {
        "truth/planted_cosines": directions @ directions.T,
        "truth/recovered_cosines": raw[found] @ raw[found].T,
    }
    summary = {"nonlinearity": known.nonlinearity, "samples_used": used} | _summary(rows, *cosines.values())
    scores = {
        " + ".join(inputs.labellers): np.stack([inputs.labelled[name] for name in names], axis=1),
        KNOWN_FACTORS: known.noisy_scores(inputs.sampled, recipe.known_axes.noise)[:, planted],
    }
    tables = {
        "names": names,
        "summary": summary,
        "axes": rows,
        "curve": {
            who: learning_curve_table(known, planted, inputs.sampled, read) for who, read in scores.items()
        },
        "methods": {who: method_table(known, planted, inputs.sampled, read) for who, read in scores.items()},
    }
    return KnownAxesComparison(tables, cosines)


def true_leakage(inputs: EvaluationInputs) -> list[dict[str, Any]]:
    """Leakage of every way of editing in the true factors, at each change of the target's own factor.

    No judge reads a picture here: what is measured is what the move changes, all of it and nothing else.

    Returns
    -------
    list of dict, as `pipelines.evaluation.leakage_table.leakage_table`; changes are in standard deviations of the
        factors
    """
    known, options, axes = planted_axes_of(inputs.recipe), inputs.recipe.evaluate, inputs.axes
    latents = edited_latents(inputs)
    before, weights = known.factors(latents), bootstrap_weights(len(latents), seed=options.seed)
    measured: dict[str, list[MeasuredEdit]] = {}
    for edit, moved in zip(inputs.edits, moved_latents(inputs, latents), strict=True):
        rows = moved.reshape(-1, axes.latent_dim)
        after = known.factors(np.nan_to_num(rows))
        after[np.isnan(rows).any(axis=1)] = np.nan
        changes = changes_in_deviations(
            after.reshape(*moved.shape[:3], -1), before, np.ones(len(known.names))
        )
        rescoring = Rescoring(axes.names, known.names, np.array(options.steps), changes, inputs.groups)
        furthest = furthest_changes(rescoring.achieved, options.steps, weights)
        measured[edit] = [
            MeasuredEdit(leakage_draws(rescoring, change, weights), furthest, {})
            for change in options.equal_changes
        ]
    natural = co_movement(known.factors(inputs.sampled), rescoring.targets)
    sizes = known_means(np.where(rescoring.others, np.abs(natural), np.nan), 1)
    return [
        leakage_table(change, {edit: at[place] for edit, at in measured.items()}, sizes)
        for place, change in enumerate(options.equal_changes)
    ]


def _axis_rows(
    inputs: EvaluationInputs, known: KnownAxes, planted: list[int], used: int
) -> list[dict[str, Any]]:
    """One row for each planted axis that was recovered: its angle to the truth and what bounds it."""
    axes, factors = inputs.axes, known.factors(inputs.sampled)
    rows = []
    for number in planted:
        name = known.names[number]
        row = axes.index(name)
        noise = labeller_noise(inputs.labelled[name], factors[:, number])
        limit = known.angular_limits(used, noise)[number] if 0 < noise < np.inf else np.nan
        angle = angles_between(axes.raw_directions[[row]], known.directions[[number]])[0]
        rows.append(
            {
                "name": name,
                "angle": float(angle),
                "stated_error": float(axes.angular_errors[row]),
                "systematic_error": float(axes.systematic_errors[row]),
                "labeller_noise": noise,
                "limit": float(limit),
            }
        )
    return rows


def _summary(rows: list[dict[str, Any]], planted: np.ndarray, recovered: np.ndarray) -> dict[str, float]:
    """Angles and limits over all axes, and the errors of the cosines between them, matrices (A, A)."""
    angles = [row["angle"] for row in rows]
    errors = np.abs(recovered - planted)[~np.eye(len(rows), dtype=bool)]
    return {
        "median_angle": float(np.median(angles)),
        "largest_angle": float(np.max(angles)),
        "median_limit": float(np.nanmedian([row["limit"] for row in rows])),
        "mean_cosine_error": float(errors.mean()),
        "largest_cosine_error": float(errors.max()),
    }


def learning_curve_table(
    known: KnownAxes, planted: list[int], latents: np.ndarray, scores: np.ndarray
) -> dict[str, list]:
    """Median angle of the Gaussian fit to the truth on the first n samples, beside the information limit."""
    names, kinds = [known.names[number] for number in planted], [known.kinds[number] for number in planted]
    factors = known.factors(latents)
    noises = [labeller_noise(scores[:, place], factors[:, number]) for place, number in enumerate(planted)]
    counts = [count for count in CURVE if count < len(latents)] + [len(latents)]
    angles, limits = [], []
    for count in (count for count in counts if count > 2 * known.latent_dim):
        found = fit_glms(latents[:count], scores[:count], names, kinds, family="gaussian", held_out=0.0)
        angles.append(float(np.median(angles_between(found.directions, known.directions[planted]))))
        least = [
            known.angular_limits(count, noise)[number]
            for number, noise in zip(planted, noises, strict=True)
            if 0 < noise < np.inf
        ]
        limits.append(float(np.median(least)) if least else float("nan"))
    return {"counts": counts[len(counts) - len(angles) :], "angles": angles, "limits": limits}


def method_table(
    known: KnownAxes, planted: list[int], latents: np.ndarray, scores: np.ndarray
) -> dict[str, float]:
    """Median angle to the truth over the binary axes, all samples, by method."""
    rows = [place for place, number in enumerate(planted) if known.kinds[number] == "binary"]
    directions = known.directions[planted][rows]
    names, logits = [known.names[planted[row]] for row in rows], scores[:, rows]
    kinds = ["binary"] * len(rows)
    shares, decisions = probabilities(logits, kinds), (logits > 0).astype(float)

    def glm(responses: np.ndarray, family: str) -> np.ndarray:
        return fit_glms(latents, responses, names, kinds, family=family, held_out=0.0).directions

    found = {
        "Gaussian GLM on scores": glm(logits, "gaussian"),
        "Huber on scores": glm(logits, "huber"),
        "binomial GLM on probabilities": glm(shares, "binomial"),
        "binomial GLM on decisions": glm(decisions, "binomial"),
        "arctanh of clipped scores (TL-GAN)": arctanh_least_squares(latents, shares),
        "mean difference of decisions": mean_difference(latents, decisions),
        "SVM on 2 % at each end (InterFaceGAN)": extreme_svm(latents, logits),
    }
    return {method: float(np.median(angles_between(axes, directions))) for method, axes in found.items()}


def labeller_noise(scores: np.ndarray, factor: np.ndarray) -> float:
    """Standard deviation of a labeller's error about its best straight line, in those of a factor.

    Infinite where the scores do not follow the factor.
    """
    correlation = np.corrcoef(scores, factor)[0, 1] if scores.std() > 0 else 0.0
    return float(np.sqrt(max(0.0, 1 - correlation**2)) / correlation) if correlation > 0 else float("inf")
