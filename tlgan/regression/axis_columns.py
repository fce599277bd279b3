"""Which column of a table of labels each fitted axis comes from; labels and scores from its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from tlgan.array_types import Floats, Indices
from tlgan.regression.held_out_scores import score_column
from tlgan.regression.targets import decision_threshold


@dataclass(frozen=True)
class AxisColumns:
    """Columns and categories that axes were fitted on; one entry per axis.

    Attributes
    ----------
    columns : int array, shape (n_axes,)
        Column of the labels, ascending; several axes share that of a categorical attribute.
    codes : float64 array, shape (n_axes,)
        Category of each axis; NaN for axes that stand for a whole column.
    kinds : tuple of str, length n_axes
        "binary", "continuous" or "categorical".
    families : tuple of str, length n_axes
        "gaussian", "binomial" or "huber".
    """

    columns: Indices
    codes: Floats
    kinds: tuple[str, ...]
    families: tuple[str, ...]

    @property
    def n_columns(self) -> int:
        """Columns of the labels."""
        return int(self.columns[-1]) + 1


def find_axis_columns(labels: Floats, column_kinds: Sequence[str], families: Sequence[str]) -> AxisColumns:
    """Assign the axes of a fit to the columns of the labels it was given.

    Parameters
    ----------
    labels : float64 array, shape (n_samples, n_columns)
    column_kinds : sequence of str, length n_columns
    families : sequence of str, length n_axes
        As `tlgan.Fits` has them.

    Returns
    -------
    AxisColumns
    """
    codes = [
        np.unique(column[~np.isnan(column)]) if kind == "categorical" else np.array([np.nan])
        for column, kind in zip(labels.T, column_kinds, strict=True)
    ]
    columns = np.repeat(np.arange(len(codes)), [len(column_codes) for column_codes in codes])
    kinds = tuple(column_kinds[column] for column in columns.tolist())
    return AxisColumns(columns, np.concatenate(codes), kinds, tuple(families))


def predict_labels(axes: AxisColumns, predictors: Floats) -> Floats:
    """Turn the predictors of axes to labels in the form of the fitted columns.

    Parameters
    ----------
    axes : AxisColumns
    predictors : float64 array, shape (n_samples, n_axes)
        NaN where an axis says nothing.

    Returns
    -------
    float64 array, shape (n_samples, n_columns)
        Values of continuous columns; logits of binary ones, or probabilities where the family is
        "binomial"; the most probable code of categorical ones.
    """
    labels = np.empty((len(predictors), axes.n_columns))
    for column in range(axes.n_columns):
        places = np.flatnonzero(axes.columns == column)
        if axes.kinds[places[0]] == "categorical":
            known = np.where(np.isnan(predictors[:, places]), -np.inf, predictors[:, places])
            labels[:, column] = axes.codes[places][known.argmax(axis=1)]
        elif axes.families[places[0]] == "binomial":
            labels[:, column] = special.expit(predictors[:, places[0]])
        else:
            labels[:, column] = predictors[:, places[0]]
    return labels


def score_axes(axes: AxisColumns, predictors: Floats, labels: Floats) -> Floats:
    """Score the predictors of axes against labels.

    Parameters
    ----------
    axes : AxisColumns
    predictors : float64 array, shape (n_samples, n_axes)
    labels : float64 array, shape (n_samples, n_columns)
        NaN where unknown.

    Returns
    -------
    float64 array, shape (n_axes,)
        Area under the ROC curve of binary and categorical axes, R² of continuous ones; NaN where it
        cannot be computed.
    """
    return np.array([_score_axis(axes, axis, predictors[:, axis], labels) for axis in range(len(axes.kinds))])


def _score_axis(axes: AxisColumns, axis: int, predictors: Floats, labels: Floats) -> float:
    column = labels[:, axes.columns[axis]]
    threshold = decision_threshold(axes.families[axis])
    if axes.kinds[axis] == "categorical":
        column, threshold = np.where(np.isnan(column), np.nan, column == axes.codes[axis]), 0.5
    return score_column(axes.kinds[axis], predictors, column, threshold).value
