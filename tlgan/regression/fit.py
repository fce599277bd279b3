"""Fit generalised linear models of many attributes on latents in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from tlgan.array_types import Floats, Indices
from tlgan.axes.names import check_choice
from tlgan.axes.rarity import too_few
from tlgan.errors import UserError
from tlgan.regression.held_out_scores import benjamini_hochberg, score_columns
from tlgan.regression.ridge_selection import choose_ridge
from tlgan.regression.solvers.estimates import Estimates, merge_estimates
from tlgan.regression.solvers.huber import fit_huber
from tlgan.regression.solvers.least_squares import fit_least_squares
from tlgan.regression.solvers.logistic import fit_binomial
from tlgan.regression.solvers.sufficient_statistics import Design, gather_design
from tlgan.regression.streaming.row_stream import CHUNK_ROWS, Table
from tlgan.regression.streaming.workers import WorkerPool, check_worker_pool
from tlgan.regression.targets import FAMILIES, Targets, build_targets, probabilities

__all__ = ["Fits", "fit_glms", "probabilities"]

COVARIANCES = ("robust", "model")
FITTERS = {"gaussian": fit_least_squares, "binomial": fit_binomial, "huber": fit_huber}

SEPARATION = "separation"
NOT_CONVERGED = "not converged"
RANK_LOSS = "rank loss"
CONSTANT = "constant response"
EXTREME = "responses of extreme size"
FEW_POSITIVES = "too few positives"
FEW_NEGATIVES = "too few negatives"
AT_CHANCE = "held-out score may be chance"


@dataclass(frozen=True, eq=False)
class Fits:
    """The fits of K attributes: coefficients, standard errors, held-out scores.

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
        the fit did not see; NaN where an attribute is too rare for it (tlgan.axes.rarity).
    p_values : float64 array, shape (K,)
        Of the hypothesis that the attribute does not depend on the latent.
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
    held_out_low, held_out_high : float64 arrays, shape (K,), 95 % interval of `held_out`
    held_out_samples, held_out_positives : int arrays, shape (K,), held-out rows, and those that are a "yes"

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan import Fits, fit_glms
    >>> latents = np.random.default_rng(0).standard_normal((500, 4))
    >>> fits = fit_glms(latents, latents[:, :1], ["Age"], ["continuous"], family="gaussian")
    >>> isinstance(fits, Fits), fits.latent_dim, fits.flags
    (True, 4, ((),))
    >>> abs(fits.coefficients.round(6)).tolist()
    [[1.0, 0.0, 0.0, 0.0]]
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    families: tuple[str, ...]
    coefficients: Floats
    intercepts: Floats
    standard_errors: Floats
    intercept_standard_errors: Floats
    angular_errors: Floats
    cone_angles: Floats
    held_out: Floats
    p_values: Floats
    adjusted_p_values: Floats
    base_rates: Floats
    n_samples: Indices
    ridge: Floats
    flags: tuple[tuple[str, ...], ...]
    held_out_low: Floats
    held_out_high: Floats
    held_out_samples: Indices
    held_out_positives: Indices

    @property
    def positives(self) -> Floats:
        """Training rows that are a "yes", shape (K,); NaN for continuous attributes."""
        counts: Floats = np.rint(self.base_rates * self.n_samples)
        return counts

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.coefficients.shape[1])

    @property
    def slopes(self) -> Floats:
        """Lengths of the coefficients, shape (K,): predictor units per unit along the direction."""
        lengths: Floats = np.linalg.norm(self.coefficients, axis=1)
        return lengths

    @property
    def directions(self) -> Floats:
        """Unit rows, shape (K, latent_dim); a row of zeros where no direction was found."""
        slopes = self.slopes[:, None]
        return np.divide(self.coefficients, slopes, out=np.zeros_like(self.coefficients), where=slopes > 0)


def fit_glms(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    family: str | Sequence[str] = "huber",
    ridge: float | str = 0.0,
    held_out: float = 0.1,
    seed: int = 0,
    chunk_rows: int = CHUNK_ROWS,
    covariance: str = "robust",
    worker_pool: WorkerPool | None = None,
) -> Fits:
    """Fit one generalised linear model per attribute, all attributes at once.

    Parameters
    ----------
    latents : array, HDF5 dataset or other table, shape (n_samples, latent_dim)
        Finite; as the generator sees them. A dataset is read in chunks.
    responses : array or HDF5 dataset, shape (n_samples, n_attributes)
        NaN is a missing response of that attribute alone. What a column holds depends on its kind
        and family:

        - binary, "gaussian" or "huber": logits; a positive one is a "yes". A column of nothing but
          0 and 1 is taken for labels and fitted as "binomial"
        - binary, "binomial": probabilities or 0/1 labels; above 0.5 is a "yes"
          (`probabilities` turns logits to these)
        - continuous: values, whatever their unit
        - categorical: whole numbers, one per category
    names : sequence of str, length n_attributes
    kinds : sequence of str, length n_attributes
        "binary", "continuous" or "categorical".
    family : str or sequence of str, length n_attributes
        "huber" is least squares with bounded residuals: hardly worse than least squares under
        Gaussian noise, far better under heavy-tailed noise (benchmarks/fit_accuracy.py).
        "gaussian" is least squares. "binomial" fits binary attributes by a logit model and
        continuous ones by least squares. Categorical attributes are fitted by one logit model per
        category against the rest, always.
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
    worker_pool : WorkerPool, optional
        Goes through the rows; the threads of this process without it. Both tables are pickled and sent to
        its workers, so they should be small when pickled
        (`tlgan.regression.streaming.lazy_tables.DrawnLatents`). No result depends on it.

    Returns
    -------
    Fits

    Raises
    ------
    UserError
        For shapes that do not match, unknown words, responses out of range and latents that are
        not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan import fit_glms
    >>> rng = np.random.default_rng(0)
    >>> latents = rng.standard_normal((2000, 8))
    >>> ages = 40 + 6 * latents[:, 3] + rng.standard_normal(2000)
    >>> fits = fit_glms(latents, ages[:, None], ["Age"], ["continuous"])
    >>> int(np.argmax(fits.directions[0]))
    3
    >>> bool(abs(fits.slopes[0] - 6) < 0.1), bool(fits.held_out[0] > 0.9)
    (True, True)
    """
    check_choice("`covariance`", covariance, COVARIANCES)
    if ridge == "held-out" and not held_out:
        raise UserError('`held_out` must be above 0 for `ridge="held-out"`. Got 0; hold out 0.1, say.')
    if ridge != "held-out" and not (isinstance(ridge, int | float) and 0 <= ridge < np.inf):
        raise UserError(f'`ridge` must be a number from 0 on, or "held-out". Got {ridge!r}.')
    if worker_pool is not None:
        check_worker_pool(worker_pool)
    targets = build_targets(
        latents, responses, names, kinds, family, held_out=held_out, seed=seed, chunk_rows=chunk_rows
    )
    targets = replace(targets, rows=replace(targets.rows, worker_pool=worker_pool))
    # The threads of `Rows.map` take the cores; more threads inside each product would only contend.
    with threadpool_limits(1, user_api="blas"):
        design = gather_design(targets.rows)
        strengths, estimates = _fit(design, targets, ridge, robust=covariance == "robust")
        return _assemble(design, targets, strengths, estimates)


def _fit(design: Design, targets: Targets, ridge: float | str, *, robust: bool) -> tuple[Floats, Estimates]:
    """Ridge and estimates of every column; constant columns and those of extreme size stay empty."""
    strengths = np.zeros(len(targets.names))
    parts: list[tuple[Indices, Estimates]] = []
    for family in FAMILIES:
        usable = ~design.summary.constant & ~design.summary.extreme
        columns = np.flatnonzero(usable & (np.array(targets.families) == family))
        if len(columns):
            if isinstance(ridge, str):
                strengths[columns] = choose_ridge(design, columns, family)
            else:
                strengths[columns] = ridge
            parts.append((columns, FITTERS[family](design, columns, strengths[columns], robust=robust)))
    return strengths, merge_estimates(parts, len(targets.names), targets.rows.latent_dim)


def _assemble(design: Design, targets: Targets, strengths: Floats, estimates: Estimates) -> Fits:
    p_values = np.full(len(targets.names), np.nan)
    for statistics in design.statistics:
        p_values[statistics.columns] = statistics.p_values()
    counts = design.summary.counts
    positives = np.zeros(len(targets.names), dtype=np.intp)
    for _, responses, held in targets.rows.response_chunks():
        positives += (responses[~held] > targets.thresholds).sum(axis=0)
    decided = np.array([kind != "continuous" for kind in targets.kinds]) & (counts > 0)
    scores = score_columns(targets, estimates)
    fitted = np.stack([positives, counts - positives])
    held = np.stack([scores.positives, scores.samples - scores.positives])
    few = too_few(fitted, held, scores.samples) & decided
    rare = few.any(axis=0)
    checks = {
        SEPARATION: estimates.separated,
        NOT_CONVERGED: ~estimates.converged & ~estimates.separated,
        RANK_LOSS: estimates.rank_lost,
        CONSTANT: design.summary.constant,
        EXTREME: design.summary.extreme,
        FEW_POSITIVES: few[0],
        FEW_NEGATIVES: few[1],
        AT_CHANCE: ~scores.above_chance & (targets.rows.held_out > 0) & ~rare,
    }
    return Fits(
        names=targets.names,
        kinds=targets.kinds,
        families=targets.families,
        coefficients=estimates.coefficients,
        intercepts=estimates.intercepts,
        standard_errors=estimates.standard_errors,
        intercept_standard_errors=estimates.intercept_standard_errors,
        angular_errors=estimates.angular_errors,
        cone_angles=estimates.cone_angles,
        held_out=np.where(rare, np.nan, scores.values),
        p_values=p_values,
        adjusted_p_values=benjamini_hochberg(p_values),
        base_rates=np.divide(positives, counts, out=np.full(len(counts), np.nan), where=decided),
        n_samples=counts,
        ridge=strengths,
        flags=tuple(
            tuple(flag for flag, holds in checks.items() if holds[index]) for index in range(len(counts))
        ),
        held_out_low=np.where(rare, np.nan, scores.low),
        held_out_high=np.where(rare, np.nan, scores.high),
        held_out_samples=scores.samples,
        held_out_positives=scores.positives,
    )
