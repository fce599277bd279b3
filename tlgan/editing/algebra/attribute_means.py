"""Means of latents by attribute: those with it, those without it, those near a value."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlgan.array_types import Float32s, Floats
from tlgan.editing.algebra.terms import MeanTerm
from tlgan.errors import UserError

LEAST_ROWS = 5  # of a mean; with fewer it is somebody's face


@dataclass(frozen=True, eq=False)
class LabelledLatents:
    """Latents with their labels.

    Attributes
    ----------
    latents : float32 array, shape (n, D)
    labels : float32 array, shape (n, K)
        0 or 1 of a binary attribute, the value of a continuous one; NaN = unknown.
    names, kinds, units : sequences of str, length K
        Kinds are "binary", "continuous" and "categorical".
    source : str
        What the rows are, for people: "23,798 photographs".
    """

    latents: Float32s
    labels: Float32s
    names: Sequence[str]
    kinds: Sequence[str]
    units: Sequence[str]
    source: str

    def column(self, name: str) -> int:
        """The column of a name, written with any capitals; `UserError` where there is none."""
        same = [column for column, other in enumerate(self.names) if other.lower() == name.lower()]
        exact = [column for column in same if self.names[column] == name]
        if len(exact or same) == 1:
            return (exact or same)[0]
        near = difflib.get_close_matches(name, self.names, n=5, cutoff=0.4) or list(self.names[:10])
        raise UserError(f"There is no attribute {name!r}. Write one such as {', '.join(near) or 'none'}.")


@dataclass(frozen=True, eq=False)
class AttributeMean:
    """The mean latent of some rows.

    Attributes
    ----------
    latent : float64 array, shape (D,)
    rows : float
        How many rows it is the mean of; with weights, as many equal ones as would scatter alike (Kish 1965):
        (Σw)² / Σw².
    bandwidth : float or None
        Standard deviation of the kernel, in the attribute's unit; None for a binary attribute.
    """

    latent: Floats
    rows: float
    bandwidth: float | None = None


def attribute_mean(table: LabelledLatents, term: MeanTerm) -> AttributeMean:
    """The mean latent of the rows that a term names.

    Near a value of a continuous attribute, rows are weighted by a normal kernel (Nadaraya 1964, Watson 1964) with
    the bandwidth of Silverman 1986, equation 3.31: 0.9 min(sd, IQR / 1.34) n^(-1/5).

    Parameters
    ----------
    table : LabelledLatents
    term : MeanTerm

    Returns
    -------
    AttributeMean

    Raises
    ------
    UserError
        For an unknown attribute, a value of a binary one or none of a continuous one, or too few rows.

    Examples
    --------
    >>> old = attribute_mean(table, MeanTerm("Age", value=70))
    """
    column = table.column(term.name)
    name, kind = table.names[column], table.kinds[column]
    labels = table.labels[:, column].astype(np.float64)
    _check_kind(name, kind, term, labels)
    bandwidth = None
    if term.value is None:
        weights = (labels == (0.0 if term.negated else 1.0)).astype(np.float64)
    else:
        known = labels[np.isfinite(labels)]
        bandwidth = _bandwidth(known)
        weights = np.exp(-0.5 * ((labels - term.value) / bandwidth) ** 2)
        weights[~np.isfinite(labels)] = 0.0
    total = weights.sum()
    rows = total**2 / (weights**2).sum() if total > 0 else 0.0
    if rows < LEAST_ROWS:
        raise UserError(
            f"A mean must be of at least {LEAST_ROWS} faces. Got {rows:.0f} of {table.source} for {_words(name, term)}."
        )
    latent: Floats = weights @ table.latents.astype(np.float64) / total
    return AttributeMean(latent, float(rows), bandwidth)


def _check_kind(name: str, kind: str, term: MeanTerm, labels: Floats) -> None:
    if kind == "categorical":
        raise UserError(f"`mean` takes no categories. Got {name}.")
    if kind == "binary" and term.value is not None:
        raise UserError(f"{name} is there or not: write mean({name}) or mean(not {name}).")
    if kind == "continuous" and term.value is None:
        raise UserError(f"{name} is a number: write mean({name}=…), with a value.")
    if term.value is not None:
        least, most = np.nanmin(labels, initial=np.inf), np.nanmax(labels, initial=-np.inf)
        if not least <= term.value <= most:
            raise UserError(f"`{name}` must be from {least:g} to {most:g}. Got {term.value:g}.")


def _bandwidth(values: Floats) -> float:
    """Silverman's rule; of equal values, 0.001."""
    low, high = np.percentile(values, [25, 75])
    spread = min(values.std(), (high - low) / 1.34) or values.std()
    return float(0.9 * spread * len(values) ** -0.2 or 1e-3)


def _words(name: str, term: MeanTerm) -> str:
    if term.value is not None:
        return f"{name}={term.value:g}"
    return f"not {name}" if term.negated else name
