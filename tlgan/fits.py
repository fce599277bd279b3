"""Fit the axes of many attributes in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from tlgan.errors import UserError
from tlgan.estimates import Estimates, scatter
from tlgan.glm import fit_binomial, fit_huber
from tlgan.least_squares import fit_least_squares
from tlgan.moments import gather
from tlgan.rows import Bool, Column, Float, Int, Rows, Summary, Table
from tlgan.scores import area_under_curve, benjamini_hochberg, explained_variance

KINDS = ("binary", "continuous", "categorical")
FAMILIES = ("gaussian", "binomial", "huber")
COVARIANCES = ("robust", "model")

SEPARATION = "separation"
NOT_CONVERGED = "not converged"
RANK_LOSS = "rank loss"
CONSTANT = "constant response"
FEW_POSITIVES = "fewer than 50 positives"
FEW_NEGATIVES = "fewer than 50 negatives"
AT_CHANCE = "held-out score at chance"
FEW = 50


@dataclass(frozen=True)
class Fits:
    """Fitted axes of K attributes.

    Attributes
    ----------
    names : tuple of str, length K
        A categorical attribute gives one row per category, named "attribute=category".
    kinds : tuple of str, length K
        "binary", "continuous" or "categorical".
    families : tuple of str, length K
        "gaussian", "binomial" or "huber".
    coefficients : float64 array, shape (K, latent_dim)
        Change of the predictor (a logit, or the attribute's own unit) per unit of the latent.
    intercepts : float64 array, shape (K,)
        Predictor at the latent 0.
    standard_errors : float64 array, shape (K, latent_dim)
        NaN where the data do not determine the coefficients.
    intercept_standard_errors : float64 array, shape (K,)
    angular_errors : float64 array, shape (K,)
        Degrees: one standard error of the direction; 90 where nothing is known.
    cone_angles : float64 array, shape (K,)
        Degrees: half-angle of the cone that holds the true direction at 95 %.
    held_out : float64 array, shape (K,)
        Area under the ROC curve of binary and categorical rows, R² of continuous ones, on rows that
        the fit did not see; NaN where it cannot be computed.
    p_values : float64 array, shape (K,)
        Of the hypothesis that the attribute does not hang on the latent.
    adjusted_p_values : float64 array, shape (K,)
        The same after Benjamini-Hochberg over the K rows.
    base_rates : float64 array, shape (K,)
        Share of positives among the training rows; NaN for continuous attributes.
    n_samples : int array, shape (K,)
        Training rows with a response.
    ridge : float64 array, shape (K,)
        Penalty that was used.
    flags : tuple of tuple of str, length K
        What is wrong with a row, in words; empty for a sound one.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    families: tuple[str, ...]
    coefficients: Float
    intercepts: Float
    standard_errors: Float
    intercept_standard_errors: Float
    angular_errors: Float
    cone_angles: Float
    held_out: Float
    p_values: Float
    adjusted_p_values: Float
    base_rates: Float
    n_samples: Int
    ridge: Float
    flags: tuple[tuple[str, ...], ...]

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.coefficients.shape[1])

    @property
    def slopes(self) -> Float:
        """Lengths of the coefficients, shape (K,): predictor units per unit along the direction."""
        lengths: Float = np.linalg.norm(self.coefficients, axis=1)
        return lengths

    @property
    def directions(self) -> Float:
        """Unit rows, shape (K, latent_dim); a row of zeros where no direction was found."""
        slopes = self.slopes[:, None]
        return np.divide(self.coefficients, slopes, out=np.zeros_like(self.coefficients), where=slopes > 0)


def probabilities(scores: npt.ArrayLike, kinds: Sequence[str]) -> npt.NDArray[Any]:
    """Turn the logits of binary attributes to probabilities and leave the other columns alone.

    Parameters
    ----------
    scores : float array, shape (n_samples, n_attributes)
        Logits of binary attributes, values of continuous ones, codes of categorical ones.
    kinds : sequence of str, length n_attributes

    Returns
    -------
    float array, shape (n_samples, n_attributes)
        The responses that `fit_glms` expects with family "binomial".
    """
    responses = np.array(scores)
    binary = np.flatnonzero(np.asarray(kinds) == "binary")
    responses[:, binary] = special.expit(responses[:, binary])
    return responses


def fit_glms(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    family: str | Sequence[str] = "gaussian",
    ridge: float | str = 0.0,
    held_out: float = 0.1,
    seed: int = 0,
    chunk_rows: int = 4096,
    covariance: str = "robust",
) -> Fits:
    """Fit one axis per attribute, all attributes at once.

    Parameters
    ----------
    latents : array or HDF5 dataset, shape (n_samples, latent_dim)
        Finite; as the generator sees them. A dataset is read in chunks.
    responses : array or HDF5 dataset, shape (n_samples, n_attributes)
        NaN is a missing response of that attribute alone. What a column holds depends on its kind
        and family:

        - binary, "gaussian" or "huber": logits; a positive one is a "yes"
        - binary, "binomial": probabilities or 0/1 labels; above 0.5 is a "yes"
          (`probabilities` turns logits to these)
        - continuous: values, whatever their unit
        - categorical: whole numbers, one per category
    names : sequence of str, length n_attributes
    kinds : sequence of str, length n_attributes
        "binary", "continuous" or "categorical".
    family : str or sequence of str, length n_attributes
        "gaussian" is least squares. "binomial" fits binary attributes by a logit model and
        continuous ones by least squares. "huber" is least squares with bounded residuals.
        Categorical attributes are fitted by one logit model per category against the rest, always.
    ridge : float or "held-out"
        Minimised is half the mean deviance plus ridge / 2 times the coefficients' squared length.
        "held-out" picks for each attribute the strength with the least held-out deviance.
    held_out : float
        Share of the rows, chosen by a hash of the row's index, that only serves `Fits.held_out` and
        the choice of `ridge`: 0 to below 1. Coefficients rest on the other rows alone.
    seed : int
        Of the held-out rows.
    chunk_rows : int
        Rows read at a time.
    covariance : str
        "robust" for sandwich standard errors (HC0), "model" for those of the family's own variance.

    Returns
    -------
    Fits

    Raises
    ------
    UserError
        For shapes that do not match, unknown words, responses out of range and latents that are
        not finite.
    """
    rows, row_names, row_kinds, families = _prepare(
        latents, responses, names, kinds, family, held_out, seed, chunk_rows
    )
    if covariance not in COVARIANCES:
        raise UserError(f"`covariance` must be one of {', '.join(COVARIANCES)}. Got {covariance!r}.")
    design = gather(rows)
    penalty = np.full(len(row_names), float(ridge))
    robust = covariance == "robust"
    usable = ~design.summary.constant
    parts: list[tuple[Int, Estimates]] = []
    for name in FAMILIES:
        columns = np.flatnonzero(usable & (np.array(families) == name))
        if not len(columns):
            continue
        fit = {"gaussian": fit_least_squares, "binomial": fit_binomial, "huber": fit_huber}[name]
        parts.append((columns, fit(design, columns, penalty[columns], robust=robust)))
    estimates = scatter(parts, len(row_names), rows.latent_dim)
    p_values = np.full(len(row_names), np.nan)
    for group in design.moments:
        p_values[group.columns] = group.p_values()
    thresholds = np.array([0.0 if f != "binomial" else 0.5 for f in families])
    scores, at_chance = _score(rows, estimates, row_kinds, thresholds)
    positives = _count_positives(rows, thresholds)
    return _assemble(
        row_names,
        row_kinds,
        families,
        estimates,
        design.summary,
        penalty,
        p_values,
        scores,
        at_chance,
        positives,
    )


def _prepare(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    family: str | Sequence[str],
    held_out: float,
    seed: int,
    chunk_rows: int,
) -> tuple[Rows, list[str], list[str], list[str]]:
    if len(latents.shape) != 2 or not latents.shape[1]:
        raise UserError(f"`latents` must have shape (n_samples, latent_dim). Got {tuple(latents.shape)}.")
    if len(responses.shape) != 2 or responses.shape[0] != latents.shape[0]:
        raise UserError(
            f"`responses` must have shape ({latents.shape[0]}, n_attributes), one row per latent. "
            f"Got {tuple(responses.shape)}."
        )
    families = [family] * len(names) if isinstance(family, str) else list(family)
    for what, entries in (("names", names), ("kinds", kinds), ("family", families)):
        if len(entries) != responses.shape[1]:
            raise UserError(
                f"`{what}` must have one entry per column of `responses` ({responses.shape[1]}). "
                f"Got {len(entries)}."
            )
    if len(set(names)) != len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise UserError(f"`names` must differ. Got {twice!r} twice.")
    for what, words, known in (("kinds", kinds, KINDS), ("family", families, FAMILIES)):
        for word in words:
            if word not in known:
                raise UserError(f"`{what}` must be of {', '.join(known)}. Got {word!r}.")
    if not 0 <= held_out < 1:
        raise UserError(f"`held_out` must be at least 0 and below 1. Got {held_out}.")
    if chunk_rows < 1:
        raise UserError(f"`chunk_rows` must be at least 1. Got {chunk_rows}.")
    plain = Rows(latents, responses, tuple(Column(i) for i in range(len(names))), chunk_rows, held_out, seed)
    codes = _check_responses(plain, names, kinds, families)
    columns, row_names, row_kinds, row_families = [], [], [], []
    for index, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        categories: list[float | None] = [None] if kind != "categorical" else [*sorted(codes[index])]
        for category in categories:
            columns.append(Column(index, category))
            row_names.append(name if category is None else f"{name}={category:g}")
            row_kinds.append(kind)
            logit = kind == "categorical" or (families[index] == "binomial" and kind == "binary")
            gaussian = families[index] == "binomial" and kind == "continuous"
            row_families.append("binomial" if logit else "gaussian" if gaussian else families[index])
    rows = Rows(latents, responses, tuple(columns), chunk_rows, held_out, seed)
    return rows, row_names, row_kinds, row_families


def _check_responses(
    rows: Rows, names: Sequence[str], kinds: Sequence[str], families: Sequence[str]
) -> list[set[float]]:
    """Refuse responses out of range; gather the codes of categorical attributes."""
    codes: list[set[float]] = [set() for _ in names]
    for start, responses, _ in rows.response_chunks():
        if np.isinf(responses).any():
            row, column = (int(i) for i in np.argwhere(np.isinf(responses))[0])
            raise UserError(
                f"`responses` must be finite or NaN for missing. Got {responses[row, column]} for "
                f"{names[column]!r} in row {start + row}."
            )
        for column, (name, kind, family) in enumerate(zip(names, kinds, families, strict=True)):
            known = responses[:, column][~np.isnan(responses[:, column])]
            if kind == "categorical":
                codes[column].update(np.unique(known).tolist())
                if (known != np.round(known)).any() or len(codes[column]) > 1000:
                    raise UserError(
                        f"`responses` of the categorical {name!r} must be whole numbers, one per category. "
                        f"Got {known[known != np.round(known)][:1] or 'more than 1000 categories'}."
                    )
            elif kind == "binary" and family == "binomial" and len(known):
                low, high = known.min(), known.max()
                if low < 0 or high > 1:
                    raise UserError(
                        f"`responses` of the binary {name!r} must be probabilities (0 to 1) with family "
                        f'"binomial". Got {low if low < 0 else high:g}; turn logits to probabilities with '
                        "tlgan.fits.probabilities."
                    )
    return codes


def _score(rows: Rows, estimates: Estimates, kinds: Sequence[str], thresholds: Float) -> tuple[Float, Bool]:
    scores, above = np.full(len(kinds), np.nan), np.ones(len(kinds), dtype=np.bool_)
    if not rows.held_out:
        return scores, ~above

    def predict(latents: Float, responses: Float) -> tuple[Float, Float]:
        return latents @ estimates.coefficients.T + estimates.intercepts, responses

    pieces = list(rows.map(predict, held=True))
    if not pieces:
        return scores, ~above
    predictions, responses = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
    for index, kind in enumerate(kinds):
        known = ~np.isnan(responses[:, index])
        prediction, response = predictions[known, index], responses[known, index]
        if kind == "continuous":
            scores[index], above[index] = explained_variance(prediction, response)
        else:
            scores[index], above[index] = area_under_curve(prediction, response > thresholds[index])
    return scores, ~above


def _count_positives(rows: Rows, thresholds: Float) -> Int:
    positives = np.zeros(len(thresholds), dtype=np.intp)
    for _, responses, held in rows.response_chunks():
        positives += (responses[~held] > thresholds).sum(axis=0)
    return positives


def _assemble(
    names: Sequence[str],
    kinds: Sequence[str],
    families: Sequence[str],
    estimates: Estimates,
    summary: Summary,
    ridge: Float,
    p_values: Float,
    scores: Float,
    at_chance: Bool,
    positives: Int,
) -> Fits:
    flags = []
    for index, kind in enumerate(kinds):
        few = kind != "continuous"
        checks = (
            (SEPARATION, estimates.separated[index]),
            (NOT_CONVERGED, not estimates.converged[index] and not estimates.separated[index]),
            (RANK_LOSS, estimates.rank_lost[index]),
            (CONSTANT, summary.constant[index]),
            (FEW_POSITIVES, few and positives[index] < FEW),
            (FEW_NEGATIVES, few and summary.counts[index] - positives[index] < FEW),
            (AT_CHANCE, at_chance[index]),
        )
        flags.append(tuple(flag for flag, holds in checks if holds))
    binary = np.array([kind != "continuous" for kind in kinds])
    rates = np.where(binary & (summary.counts > 0), positives / np.maximum(summary.counts, 1), np.nan)
    return Fits(
        names=tuple(names),
        kinds=tuple(kinds),
        families=tuple(families),
        coefficients=estimates.coefficients,
        intercepts=estimates.intercepts,
        standard_errors=estimates.standard_errors,
        intercept_standard_errors=estimates.intercept_standard_errors,
        angular_errors=estimates.angular_errors,
        cone_angles=estimates.cone_angles,
        held_out=scores,
        p_values=p_values,
        adjusted_p_values=benjamini_hochberg(p_values),
        base_rates=rates,
        n_samples=summary.counts,
        ridge=ridge,
        flags=tuple(flags),
    )
