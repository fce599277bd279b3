"""Angles between two sets of axes, and what sampling error makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """How an axis of one set compares with its partner in another; NaN and "" where there is none.

    Attributes
    ----------
    name : str
        In the first set; of an axis that only the second set has, in that.
    second_name : str
        The partner in the second set.
    cosine : float, in [-1, 1]
    angle : float, degrees, 0 to 180
    standard_error : float, degrees
        One standard error of the angle, from the angular errors of both axes; NaN where either is unknown.
    systematic_error : float, degrees
        The same from the mistakes of both labellers; one that is unknown counts as none, NaN where both are.
    same_axis_angle : float, degrees
        The angle that two such estimates of one and the same axis have on average, with all errors that are known.
    nearest_in_second, cosine_in_second
        The axis of the second set with the largest absolute cosine to the first set's axis, and that cosine.
    nearest_in_first, cosine_in_first
        The other way round.

    Notes
    -----
    The errors of the two directions are taken to be independent and equally large in all D - 1 directions
    across each: one of them moves the angle, all of them keep two estimates of one axis apart. With angular
    errors a and b the standard error is sqrt(a² + b²) / sqrt(D - 1), and the mean cosine of two estimates of
    one axis is cos(a) cos(b). In 512 dimensions the first is 23 times smaller than the second: an angle is
    known well, and says little where it is not larger than `same_axis_angle`. Mistakes of a labeller turn an
    axis towards a few others, the axes of attributes that it takes for signs of this one, so they count whole.
    Where both sets are of one labeller, both err alike, and `systematic_error` is larger than need be.
    """

    name: str
    second_name: str
    cosine: float
    angle: float
    standard_error: float
    systematic_error: float
    same_axis_angle: float
    nearest_in_second: str
    cosine_in_second: float
    nearest_in_first: str
    cosine_in_first: float


def compare_axes(
    first: Axes, second: Axes, *, raw: bool = False, pairs: Mapping[str, str] | None = None
) -> list[Comparison]:
    """Compare axes of the same name, or paired by hand, and find each one's nearest in the other set.

    Parameters
    ----------
    first, second : Axes
        Of one latent size.
    raw : bool
        Compare raw directions in place of the orthogonalised.
    pairs : mapping of str to str, optional
        Name in `first` to name in `second`, before equal names.

    Returns
    -------
    list of Comparison
        The names of `first` in order, then those of `second` that have no partner.

    Raises
    ------
    UserError
        Where the latent sizes differ, or a pair names an axis that is not there, or one twice.

    Examples
    --------
    >>> from tlgan import axes_from_directions, compare_axes
    >>> first = axes_from_directions(["Smiling"], [[1, 0]], latent_space="sphere")
    >>> second = axes_from_directions(["smile", "Age"], [[3, 4], [4, -3]], latent_space="sphere")
    >>> smiling = compare_axes(first, second, pairs={"Smiling": "smile"})[0]
    >>> smiling.cosine, smiling.nearest_in_second
    (0.6, 'Age')
    """
    if first.latent_dim != second.latent_dim:
        raise UserError(
            f"Axes of one latent size only can be compared. Got {first.latent_dim} and {second.latent_dim}."
        )
    partners = _partners(first, second, pairs or {})
    field = "raw_directions" if raw else "directions"
    cosines: Floats = np.clip(getattr(first, field) @ getattr(second, field).T, -1.0, 1.0)
    errors = [_Errors.of(axes, raw) for axes in (first, second)]
    rows: list[tuple[int | None, int | None]] = [
        (row, None if partner is None else second.index(partner)) for row, partner in enumerate(partners)
    ]
    rows += [(None, column) for column, name in enumerate(second.names) if name not in partners]
    return [_compare(first, second, row, column, cosines, errors) for row, column in rows]


def parse_pairs(first: Axes, second: Axes, texts: Iterable[str]) -> dict[str, str]:
    """Pairs of names from texts "name in first=name in second"; a name may hold "=".

    Raises
    ------
    UserError
        Where a text is no pair of names of the two sets.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        places = [place for place, character in enumerate(text) if character == "="]
        split = [(text[:place].strip(), text[place + 1 :].strip()) for place in places]
        if not split:
            raise UserError(f"`--pair` must be NAME=NAME, of the first file and of the second. Got {text!r}.")
        fitting = [(name, other) for name, other in split if name in first.names and other in second.names]
        name, partner = (fitting or split)[0]
        first.index(name), second.index(partner)  # which say what names there are
        if pairs.setdefault(name, partner) != partner:
            raise UserError(f"`--pair` must name each axis once. Got {name!r} twice; leave one pair out.")
    return pairs


def _partners(first: Axes, second: Axes, pairs: Mapping[str, str]) -> list[str | None]:
    """The partner in `second` of each axis of `first`; None where it has none."""
    for name, partner in pairs.items():
        first.index(name), second.index(partner)
        if list(pairs.values()).count(partner) > 1:
            raise UserError(f"`pairs` must name each axis once. Got {partner!r} twice; leave one pair out.")
    taken = set(pairs.values())
    same = {name for name in second.names if name not in taken}
    return [pairs.get(name, name if name in same else None) for name in first.names]


class CosineLimits(NamedTuple):
    """Lower and upper limits of cosines, float64 arrays, shape (n_axes, n_axes); NaN where unknown."""

    low: Floats
    high: Floats


def cosine_intervals(axes: Axes, *, raw: bool = False) -> CosineLimits:
    """95 % intervals of the cosines between the axes of one set, from their angular errors.

    The angle's standard error is that of `Comparison.standard_error`.

    Examples
    --------
    >>> from tlgan import axes_from_directions
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0], [3, 4]], latent_space="sphere")
    >>> cosine_intervals(axes).low.shape
    (2, 2)
    """
    directions, errors = axes.raw_directions if raw else axes.directions, direction_errors(axes, raw)
    angles = np.arccos(np.clip(directions @ directions.T, -1.0, 1.0))
    away = 1.96 * np.hypot(errors[:, None], errors) / np.sqrt(max(1, axes.latent_dim - 1))
    for values in (angles, away):  # an axis is like itself
        np.fill_diagonal(values, 0.0)
    low, high = (np.cos(np.clip(angles + sign * away, 0.0, np.pi)) for sign in (1, -1))
    return CosineLimits(low, high)


class _Errors(NamedTuple):
    """Errors of each direction in radians, by sampling and by the labeller; NaN where unknown."""

    sampling: Floats
    systematic: Floats

    @staticmethod
    def of(axes: Axes, raw: bool) -> _Errors:
        return _Errors(direction_errors(axes, raw), direction_errors(axes, raw, "systematic_errors"))


def direction_errors(axes: Axes, raw: bool, field: str = "angular_errors") -> Floats:
    """Angular (or systematic) errors in radians, NaN where nothing is known of a direction.

    What an orthogonalised axis has lost of its length, its error has gained; the error of the base itself is
    not counted.
    """
    degrees = getattr(axes, field)
    sines = np.sin(np.radians(degrees))
    if not raw:
        sines = sines / np.maximum(np.abs(axes.kept_cosines), 1e-12)
    known = (degrees < 90) & (sines < 1)
    errors: Floats = np.where(known, np.arcsin(np.where(known, sines, 0.0)), np.nan)
    return errors


def _compare(
    first: Axes, second: Axes, row: int | None, column: int | None, cosines: Floats, errors: list[_Errors]
) -> Comparison:
    in_second = _NOTHING if row is None else _nearest(cosines[row], second)
    in_first = _NOTHING if column is None else _nearest(cosines[:, column], first)
    cosine = one = other = np.nan
    systematic = np.full(2, np.nan)
    if row is not None and column is not None:
        cosine = float(cosines[row, column])
        one, other = float(errors[0].sampling[row]), float(errors[1].sampling[column])
        systematic[:] = errors[0].systematic[row], errors[1].systematic[column]
    # How far each estimate lies from the truth, all told.
    whole = np.hypot([one, other], np.nan_to_num(systematic))
    spread = float(np.hypot(one, other)) / np.sqrt(max(1, first.latent_dim - 1))
    return Comparison(
        name=first.names[row] if row is not None else second.names[column or 0],
        second_name="" if column is None else second.names[column],
        cosine=cosine,
        angle=float(np.degrees(np.arccos(cosine))),
        standard_error=float(np.degrees(spread)),
        systematic_error=float("nan")
        if np.isnan(systematic).all()
        else float(np.degrees(np.hypot(*np.nan_to_num(systematic)))),
        same_axis_angle=float(np.degrees(np.arccos(np.clip(np.cos(whole).prod(), -1.0, 1.0)))),
        nearest_in_second=in_second.name,
        cosine_in_second=in_second.cosine,
        nearest_in_first=in_first.name,
        cosine_in_first=in_first.cosine,
    )


class _Nearest(NamedTuple):
    name: str
    cosine: float


_NOTHING = _Nearest("", np.nan)


def _nearest(cosines: Floats, axes: Axes) -> _Nearest:
    place = int(np.argmax(np.abs(cosines)))
    return _Nearest(axes.names[place], float(cosines[place]))
