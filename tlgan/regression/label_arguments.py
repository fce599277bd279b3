"""Names, kinds and families of the columns of labels, from the arguments of an estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from tlgan.array_types import Floats
from tlgan.errors import UserError
from tlgan.regression.targets import holds_labels

# Arguments of `fit_glms` and what the estimator calls them.
ESTIMATOR_ARGUMENTS = {"`latents`": "`X`", "`responses`": "`y`", "`names`": "`attribute_names`"}


def fit_options(
    parameters: Mapping[str, Any], labels: Floats, frame_names: tuple[str, ...] | None
) -> dict[str, Any]:
    """The arguments of `tlgan.fit_glms` beside latents and labels.

    Parameters
    ----------
    parameters : mapping
        The parameters of `tlgan.FeatureAxes`.
    labels : float64 array, shape (n_samples, n_attributes)
    frame_names : tuple of str, length n_attributes, or None
        Names of the columns where the labels were a data frame.

    Returns
    -------
    dict

    Raises
    ------
    UserError
        For parameters of a wrong type or length.
    """
    for option, type_, what in (("held_out", Real, "a number"), ("seed", Integral, "a whole number")):
        if not isinstance(parameters[option], type_):
            raise UserError(f"`{option}` must be {what}. Got {parameters[option]!r:.80}.")
    count = labels.shape[1]
    names = frame_names or tuple(f"attribute_{column}" for column in range(count))
    if parameters["attribute_names"] is not None:
        names = one_per_column("attribute_names", parameters["attribute_names"], count, shared=False)
    given = parameters["kinds"]
    kinds = kinds_of_columns(labels) if given is None else one_per_column("kinds", given, count, shared=True)
    ridge = parameters["ridge"]
    return {
        "names": names,
        "kinds": kinds,
        "family": one_per_column("family", parameters["family"], count, shared=True),
        # A NumPy integer, as a grid of parameters holds it, is a number too.
        "ridge": float(ridge) if isinstance(ridge, Real) else ridge,
        "held_out": parameters["held_out"],
        "seed": int(parameters["seed"]),
        "covariance": parameters["covariance"],
    }


def name_estimator_arguments(message: str) -> str:
    """Replace the names of `tlgan.fit_glms`'s arguments in a message by those of the estimator."""
    for argument, estimator_argument in ESTIMATOR_ARGUMENTS.items():
        message = message.replace(argument, estimator_argument)
    return message


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
    return tuple("binary" if hard else "continuous" for hard in holds_labels(labels))


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
