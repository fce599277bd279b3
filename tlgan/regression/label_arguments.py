"""Names, kinds and families of the columns of labels, from what an estimator was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlgan.array_types import Floats
from tlgan.errors import UserError


def column_names(table: Any) -> tuple[str, ...] | None:
    """Names of a data frame's columns, or of a series.

    Parameters
    ----------
    table : array, data frame or series

    Returns
    -------
    tuple of str, or None
        None for anything that has no names of columns.
    """
    if hasattr(table, "columns") and hasattr(table, "dtypes"):
        return tuple(str(name) for name in table.columns)
    # An HDF5 dataset has a name as well, which is its path.
    if hasattr(table, "to_frame") and getattr(table, "name", None) not in (None, ""):
        return (str(table.name),)
    return None


def kinds_of_columns(labels: Floats) -> tuple[str, ...]:
    """ "binary" for a column of nothing but 0, 1 and NaN, "continuous" for any other.

    Parameters
    ----------
    labels : float64 array, shape (n_samples, n_attributes)

    Returns
    -------
    tuple of str, length n_attributes
    """
    hard = ((labels == 0) | (labels == 1) | np.isnan(labels)).all(axis=0)
    return tuple("binary" if is_hard else "continuous" for is_hard in hard)


def one_per_column(option: str, given: str | Sequence[str], count: int, *, shared: bool) -> tuple[str, ...]:
    """One text per column of the labels.

    Parameters
    ----------
    option : str
        Name of the option, for the message.
    given : str or sequence of str
    count : int
        Columns of the labels.
    shared : bool
        Whether one text may stand for all columns.

    Returns
    -------
    tuple of str, length count

    Raises
    ------
    UserError
        For another number of texts, or what is no text.
    """
    if isinstance(given, str) and shared:
        return (given,) * count
    texts = () if isinstance(given, str) or not np.iterable(given) else tuple(given)
    if len(texts) != count or not all(isinstance(text, str) for text in texts):
        raise UserError(f"`{option}` must have one text per column of `y` ({count}). Got {given!r:.80}.")
    return texts
