"""Sufficient statistics of latents and responses, gathered in one pass over the latents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import stats

from tlgan.array_types import Booleans, Floats, Indices
from tlgan.regression.streaming.row_stream import Rows

# Sizes of responses between which every fit is the same in any unit: solvers stop at a fixed gradient, and sums of
# squares must stay finite.
SMALLEST, LARGEST = 1e-6, 1e12


@dataclass(frozen=True)
class ResponseSummary:
    """Counts, means and patterns of the training responses, per column.

    Attributes
    ----------
    counts : int array, shape (n_columns,)
        Responses that are not missing.
    means : float64 array, shape (n_columns,)
        0 where all are missing.
    constant : bool array, shape (n_columns,)
        Fewer than two different values.
    extreme : bool array, shape (n_columns,)
        All values smaller than `SMALLEST`, or one larger than `LARGEST`.
    hard : bool array, shape (n_columns,)
        Only 0 and 1 occur.
    patterns : int array, shape (n_columns,)
        Columns that miss the same rows share a number, from 0 without gaps.
    """

    counts: Indices
    means: Floats
    constant: Booleans
    extreme: Booleans
    hard: Booleans
    patterns: Indices


def summarise_responses(rows: Rows) -> ResponseSummary:
    """Summarise the training responses in one pass over them."""
    width = len(rows.columns)
    counts = np.zeros(width, dtype=np.intp)
    totals = np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    hard = np.ones(width, dtype=np.bool_)
    patterns = np.zeros(width, dtype=np.intp)
    for _, responses, held in rows.response_chunks():
        responses = responses[~held]
        present = ~np.isnan(responses)
        counts += present.sum(axis=0)
        totals += responses.sum(axis=0, where=present)
        low = np.fmin(low, responses.min(axis=0, where=present, initial=np.inf))
        high = np.fmax(high, responses.max(axis=0, where=present, initial=-np.inf))
        hard &= ((responses == 0) | (responses == 1) | ~present).all(axis=0)
        if not present.all():
            local = np.unique(present, axis=1, return_inverse=True)[1].ravel()
            patterns = np.unique(patterns * width + local, return_inverse=True)[1]
    means = totals / np.maximum(counts, 1)
    constant, sizes = low >= high, np.maximum(np.abs(low), np.abs(high))
    extreme = ~constant & ((sizes < SMALLEST) | (sizes > LARGEST))
    return ResponseSummary(counts, means, constant, extreme, hard, np.asarray(patterns, dtype=np.intp))


# Eigenvalues of the latents' scatter below this share of the largest count as zero: with the
# latents' condition number above 1e6 fewer than four digits of a coefficient would be right.
RANK_TOLERANCE = 1e-12


@dataclass(frozen=True)
class SufficientStatistics:
    """Sufficient statistics, centred, of the training rows of columns that miss the same rows.

    Attributes
    ----------
    columns : int array, shape (k,)
        Which columns, ascending.
    n : int
        Rows present.
    latent_mean : float64 array, shape (latent_dim,)
    eigenvalues : float64 array, shape (rank,)
        Of the latents' scatter X'X, those that count as zero left out.
    eigenvectors : float64 array, shape (latent_dim, rank)
    response_mean : float64 array, shape (k,)
    cross : float64 array, shape (latent_dim, k)
        X'Y.
    response_square : float64 array, shape (k,)
        Diagonal of Y'Y.
    """

    columns: Indices
    n: int
    latent_mean: Floats
    eigenvalues: Floats
    eigenvectors: Floats
    response_mean: Floats
    cross: Floats
    response_square: Floats

    @property
    def rank(self) -> int:
        """Directions of the latent space that the rows reach."""
        return len(self.eigenvalues)

    @property
    def rank_lost(self) -> bool:
        """Whether some direction of the latent space is not reached."""
        return self.rank < len(self.latent_mean)

    def solve(self, right: Floats, weight: Floats | float = 1.0, ridge: Floats | float = 0.0) -> Floats:
        """Solve (weight · X'X + n · ridge · I) B = right, the shortest B where rank is lost.

        `weight` and `ridge` are one number, or one per column of `right`.
        """
        columns = right.shape[1]
        spread = np.multiply.outer(self.eigenvalues, np.broadcast_to(weight, columns))
        spread += self.n * np.broadcast_to(ridge, columns)
        solution: Floats = self.eigenvectors @ ((self.eigenvectors.T @ right) / spread)
        return solution

    def freedom(self, ridge: Floats | float = 0.0) -> Floats:
        """Rows less effective parameters, for one ridge or several."""
        strengths = self.n * np.asarray(ridge, dtype=np.float64)
        spread = self.eigenvalues / np.add.outer(strengths, self.eigenvalues)
        return np.asarray(self.n - 1 - spread.sum(axis=-1))

    def inverse_diagonal(self) -> Floats:
        """Diagonal of the inverse scatter, shape (latent_dim,)."""
        diagonal: Floats = (self.eigenvectors**2 / self.eigenvalues).sum(axis=1)
        return diagonal

    def p_values(self) -> Floats:
        """p-values of the hypothesis that the response does not depend on the latents, shape (k,).

        The F test of all slopes at once. Under the hypothesis the errors spread alike everywhere,
        so the test needs no robust covariance; for a binomial column it is the score test.
        NaN without degrees of freedom.
        """
        projected: Floats = self.eigenvectors.T @ self.cross
        explained = (projected**2 / self.eigenvalues[:, None]).sum(axis=0)
        rest = self.response_square - explained
        freedom = self.n - self.rank - 1
        p_values = np.full(len(explained), np.nan)
        if freedom > 0 and self.rank:
            # Without an error left the ratio is only bounded by rounding.
            rest = np.maximum(rest, np.finfo(np.float64).eps * self.response_square)
            known = rest > 0
            ratio = explained[known] / self.rank / (rest[known] / freedom)
            p_values[known] = stats.f.sf(ratio, self.rank, freedom)
        return p_values


class ColumnGroup(NamedTuple):
    """Columns that miss the same rows.

    Attributes
    ----------
    places : int array, shape (k,)
        Places in the columns asked for.
    statistics : SufficientStatistics
        Of just these columns.
    """

    places: Indices
    statistics: SufficientStatistics


@dataclass(frozen=True)
class Design:
    """Rows with the summary of their responses and their sufficient statistics.

    Attributes
    ----------
    rows : Rows
    summary : ResponseSummary
    statistics : tuple of SufficientStatistics
        One per pattern of missing rows; every column is in one of them.
    """

    rows: Rows
    summary: ResponseSummary
    statistics: tuple[SufficientStatistics, ...]

    @property
    def centre(self) -> Floats:
        """A point near the latents' mean, shape (latent_dim,)."""
        return self.fullest.latent_mean

    @property
    def fullest(self) -> SufficientStatistics:
        """The statistics with the most rows."""
        return max(self.statistics, key=lambda statistics: statistics.n)

    def groups(self, columns: Indices) -> Iterator[ColumnGroup]:
        """Split `columns` into groups that miss the same rows."""
        patterns = self.summary.patterns[columns]
        for number in np.unique(patterns):
            places = np.flatnonzero(patterns == number)
            statistics = self.statistics[number]
            inside = np.searchsorted(statistics.columns, columns[places])
            yield ColumnGroup(
                places,
                replace(
                    statistics,
                    columns=columns[places],
                    response_mean=statistics.response_mean[inside],
                    cross=statistics.cross[:, inside],
                    response_square=statistics.response_square[inside],
                ),
            )

    def group(self, column: int) -> SufficientStatistics:
        """The statistics of one column."""
        return self.statistics[int(self.summary.patterns[column])]


def gather_design(rows: Rows) -> Design:
    """Summarise the responses, then gather the sufficient statistics in one pass over the latents."""
    summary = summarise_responses(rows)
    groups = [np.flatnonzero(summary.patterns == number) for number in range(summary.patterns.max() + 1)]
    # Totals about a point near the mean lose no digits to a common offset.
    shift = rows.first_training_latents().mean(axis=0)
    totals = rows.total(
        partial(_chunk_terms, latent_shift=shift, response_shift=summary.means, groups=groups)
    )
    statistics = tuple(
        _statistics_of_group(
            totals[TERMS_PER_GROUP * number : TERMS_PER_GROUP * (number + 1)],
            columns,
            shift,
            summary.means[columns],
        )
        for number, columns in enumerate(groups)
    )
    return Design(rows, summary, statistics)


TERMS_PER_GROUP = 6  # n, sum x, sum x x', sum y, sum x y, sum y², about a fixed point


def _chunk_terms(
    latents: Floats,
    responses: Floats,
    *,
    latent_shift: Floats,
    response_shift: Floats,
    groups: Sequence[Indices],
) -> list[Floats]:
    latents -= latent_shift
    responses = responses - response_shift
    totals: list[Floats] = []
    for columns in groups:
        use = ~np.isnan(responses[:, columns[0]])
        x, y = latents, responses[:, columns]
        if not use.all():
            x, y = x[use], y[use]
        count = np.array([float(len(x))])
        totals += [count, x.sum(axis=0), x.T @ x, y.sum(axis=0), x.T @ y, np.einsum("nk,nk->k", y, y)]
    return totals


def _statistics_of_group(
    totals: Sequence[Floats], columns: Indices, latent_shift: Floats, response_shift: Floats
) -> SufficientStatistics:
    count, x, xx, y, xy, yy = totals
    n = int(count[0])
    x, y = x / max(n, 1), y / max(n, 1)
    eigenvalues, eigenvectors = np.linalg.eigh(xx - n * np.outer(x, x))
    keep = eigenvalues > RANK_TOLERANCE * max(eigenvalues[-1], 0.0)
    # n centred rows reach n - 1 directions at most, whatever rounding leaves in the others.
    keep[: max(len(keep) - max(n - 1, 0), 0)] = False
    return SufficientStatistics(
        columns,
        n,
        latent_shift + x,
        eigenvalues[keep],
        eigenvectors[:, keep],
        response_shift + y,
        xy - n * np.outer(x, y),
        np.maximum(yy - n * y**2, 0.0),
    )
