"""Feature axes as one value: directions with their scales, angular errors and scores."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats, Integers
from tlgan.axes.names import check_choice, check_names, check_sha256, list_names
from tlgan.axes.score_predictor import ScorePredictor
from tlgan.axes.unit_vectors import real_array, unit_rows
from tlgan.errors import UserError

ATTRIBUTE_KINDS = ("binary", "continuous", "categorical")
LATENT_SPACES = ("sphere", "normal", "uniform")
METHODS = ("none", "project", "gram-schmidt", "lowdin")
UNIT_TOLERANCE = 1e-9
HELD_OUT_NUMBERS = ("held_out_low", "held_out_high", "positives", "held_out_positives", "held_out_samples")
OPTIONAL_NUMBERS = (*HELD_OUT_NUMBERS, "systematic_errors")
PER_AXIS_NUMBERS = ("slopes", "intercepts", "angular_errors", "held_out", *OPTIONAL_NUMBERS)


@dataclass(frozen=True, eq=False)
class Axes:
    """Named axes of one generator's latent space; validated when made, read-only afterwards.

    The predictor of attribute ``a`` at the latent ``z`` is
    ``intercepts[a] + slopes[a] * (raw_directions[a] @ z)``, in the unit ``units[a]``.

    Parameters
    ----------
    names : sequence of str, length n_axes
        Attribute names: printable, at most 200 characters, each once; at most 1,024.
    directions : float64 array, shape (n_axes, latent_dim)
        Rows of length 1, after orthogonalisation.
    raw_directions : float64 array, shape (n_axes, latent_dim)
        Rows of length 1, as fitted; the same as `directions` where `method` is "none".
    slopes : float64 array, shape (n_axes,)
        Label units (logits, years, ...) per unit of z along the raw direction; NaN where unknown.
    intercepts : float64 array, shape (n_axes,)
        The predictor at the origin, in label units; NaN where unknown.
    units : sequence of str, length n_axes
        Label unit of each axis, "" where unknown. Binary attributes fitted on logits say "logit".
    kinds : sequence of str, length n_axes
        "binary", "continuous" or "categorical".
    angular_errors : float64 array, shape (n_axes,)
        One standard error of the raw direction, degrees in [0, 180]; NaN where unknown.
    held_out : float64 array, shape (n_axes,)
        Score on rows that the fit did not see: AUC for binary and categorical attributes, R² for
        continuous ones; NaN where unknown.
    n_samples : int or int64 array, shape (n_axes,)
        Rows that each fit used (missing labels make them differ); 0 where unknown. One number
        stands for all axes.
    latent_space : str
        "sphere" (latents have length sqrt(latent_dim)), "normal" or "uniform".
    generator, generator_sha256 : str
        Name of the generator and SHA-256 of its weights in hexadecimal; "" where unknown.
    method : str
        How `directions` came from `raw_directions`: "none", "project", "gram-schmidt", "lowdin".
    base : sequence of str
        The attributes that the others were made orthogonal to, in order.
    regressor : ScorePredictor, optional
        What predicts the scores of a latent; edits follow its gradient where there is one. Files hold it where it is
        a `LatentRegressor`.
    held_out_low, held_out_high : float64 arrays, shape (n_axes,), optional
        95 % interval of `held_out`; NaN, the default, where unknown, as in the fields that follow.
    positives, held_out_positives, held_out_samples : float64 arrays, shape (n_axes,), optional
        Rows with a "yes" (NaN for continuous attributes), the same held out, and all held out: `tlgan.axes.rarity`.
    systematic_errors : float64 array, shape (n_axes,), optional
        The same by the labeller's mistakes, degrees in [0, 180]; see `tlgan.axes.systematic_errors`.

    Raises
    ------
    UserError
        Where a field breaks its rule.

    Examples
    --------
    >>> from tlgan import axes_from_directions
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0, 0], [0, 1, 0]], latent_space="normal")
    >>> axes.select(["Age"]).directions.tolist()
    [[0.0, 1.0, 0.0]]
    """

    names: tuple[str, ...]
    directions: Floats
    raw_directions: Floats
    slopes: Floats
    intercepts: Floats
    units: tuple[str, ...]
    kinds: tuple[str, ...]
    angular_errors: Floats
    held_out: Floats
    n_samples: Integers
    latent_space: str
    generator: str
    generator_sha256: str
    method: str = "none"
    base: tuple[str, ...] = ()
    regressor: ScorePredictor | None = None
    held_out_low: Floats = None  # type: ignore[assignment]
    held_out_high: Floats = None  # type: ignore[assignment]
    positives: Floats = None  # type: ignore[assignment]
    held_out_positives: Floats = None  # type: ignore[assignment]
    held_out_samples: Floats = None  # type: ignore[assignment]
    systematic_errors: Floats = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        names = _texts("names", self.names)
        fields: dict[str, Any] = {
            "names": names,
            "base": _texts("base", self.base),
            "units": _texts("units", self.units),
            "kinds": _texts("kinds", self.kinds),
        }
        check_names(names)
        for field in ("units", "kinds"):
            _check_length(field, len(fields[field]), len(names))
        for field in ("directions", "raw_directions"):
            fields[field] = _unit_matrix(field, getattr(self, field), names)
        for field in PER_AXIS_NUMBERS:
            unknown = field in OPTIONAL_NUMBERS and getattr(self, field) is None
            values = np.full(len(names), np.nan) if unknown else getattr(self, field)
            fields[field] = _vector(field, values, names)
        fields["n_samples"] = _counts(self.n_samples, names)
        for field, value in fields.items():
            object.__setattr__(self, field, value)
        self._check_values()

    def _check_values(self) -> None:
        if self.directions.shape != self.raw_directions.shape:
            raise UserError(
                "`raw_directions` must have the shape of `directions` "
                f"{self.directions.shape}. Got {self.raw_directions.shape}."
            )
        for name, kind in zip(self.names, self.kinds, strict=True):
            check_choice(f"`kinds` of '{name}'", kind, ATTRIBUTE_KINDS)
        for field in ("angular_errors", "systematic_errors"):
            for name, error in zip(self.names, getattr(self, field), strict=True):
                if not (np.isnan(error) or 0 <= error <= 180):
                    raise UserError(f"`{field}` must lie in [0, 180] degrees. '{name}' has {error:g}.")
        check_choice("`latent_space`", self.latent_space, LATENT_SPACES)
        check_choice("`method`", self.method, METHODS)
        if not isinstance(self.generator, str) or not self.generator.isprintable():
            raise UserError(f"`generator` must be printable text. Got {self.generator!r}.")
        check_sha256("generator_sha256", self.generator_sha256)
        if self.regressor is not None:
            self._check_regressor(self.regressor)

    def _check_regressor(self, regressor: ScorePredictor) -> None:
        if regressor.latent_dim != self.latent_dim:
            raise UserError(
                f"`regressor` must read latents of the axes' size ({self.latent_dim}). Got {regressor.latent_dim}."
            )
        hashes = {self.generator_sha256, regressor.generator_sha256} - {""}
        if len(hashes) > 1:
            raise UserError(
                f"`regressor` must be of the axes' generator (SHA-256 {self.generator_sha256[:12]}…). "
                f"Got one of {regressor.generator_sha256[:12]}…."
            )

    def __len__(self) -> int:
        """Number of axes."""
        return len(self.names)

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.directions.shape[1])

    @property
    def kept_cosines(self) -> Floats:
        """Cosine of each direction and its raw direction, in [-1, 1], shape (n_axes,)."""
        cosines: Floats = np.clip(np.sum(self.directions * self.raw_directions, axis=1), -1.0, 1.0)
        return cosines

    def index(self, name: str) -> int:
        """Row of the axis `name`; raises UserError with the nearest names where there is none."""
        if name in self.names:
            return self.names.index(name)
        near = difflib.get_close_matches(str(name), self.names, n=3)
        hint = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else list_names(self.names)
        raise UserError(f"There is no axis named {name!r}. {hint}")

    def select(self, names: Sequence[str]) -> Axes:
        """Select the axes `names`, in that order; directions stay as they are."""
        rows = [self.index(name) for name in names]
        per_axis: dict[str, Any] = {
            field: getattr(self, field)[rows]
            for field in ("directions", "raw_directions", *PER_AXIS_NUMBERS, "n_samples")
        }
        for field in ("names", "units", "kinds"):
            per_axis[field] = tuple(getattr(self, field)[row] for row in rows)
        return dataclasses.replace(self, **per_axis)


def axes_from_directions(
    names: Sequence[str],
    directions: ArrayLike,
    *,
    latent_space: str,
    generator: str = "",
    generator_sha256: str = "",
) -> Axes:
    """Make axes from names and directions, scaled to length 1; all statistics are unknown.

    Parameters
    ----------
    names : sequence of str, length n_axes
    directions : array, shape (n_axes, latent_dim)
    latent_space : str
        "sphere" (latents have length sqrt(latent_dim)), "normal" or "uniform".
    generator, generator_sha256 : str
        Name of the generator and SHA-256 of its weights; "" where unknown.

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        Where names repeat or a direction is zero or not finite.

    Examples
    --------
    >>> from tlgan import axes_from_directions
    >>> axes = axes_from_directions(["Smiling", "Age"], [[3, 4, 0], [0, 0, 2]], latent_space="sphere")
    >>> axes.directions.tolist()
    [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]
    """
    names = tuple(names)
    unit = unit_rows(directions, names)
    unknown = np.full(len(names), np.nan)
    return Axes(
        names=names,
        directions=unit,
        raw_directions=unit,
        slopes=unknown,
        intercepts=unknown,
        units=("",) * len(names),
        kinds=("continuous",) * len(names),
        angular_errors=unknown,
        held_out=unknown,
        n_samples=np.zeros(len(names), np.int64),
        latent_space=latent_space,
        generator=generator,
        generator_sha256=generator_sha256,
    )


def _texts(field: str, values: Sequence[str]) -> tuple[str, ...]:
    texts = tuple(values)
    if isinstance(values, str) or not all(isinstance(text, str) for text in texts):
        raise UserError(f"`{field}` must be a sequence of texts. Got {values!r:.80}.")
    return tuple(str(text) for text in texts)


def _unit_matrix(field: str, values: ArrayLike, names: tuple[str, ...]) -> Floats:
    matrix = real_array(field, values, 2)
    _check_length(field, len(matrix), len(names), "row")
    lengths = np.linalg.norm(matrix, axis=1)
    for row in np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE)):
        raise UserError(
            f"`{field}` must have rows of length 1 (within {UNIT_TOLERANCE:g}). '{names[row]}' has length "
            f"{lengths[row]:.12g}; scale with tlgan.unit_rows and keep the length in `slopes`."
        )
    matrix.flags.writeable = False
    return matrix


def _vector(field: str, values: ArrayLike, names: tuple[str, ...]) -> Floats:
    vector = real_array(field, values, 1)
    _check_length(field, len(vector), len(names))
    for row in np.flatnonzero(np.isinf(vector)):
        raise UserError(f"`{field}` must be finite, or NaN where unknown. '{names[row]}' has {vector[row]}.")
    vector.flags.writeable = False
    return vector


def _counts(values: ArrayLike, names: tuple[str, ...]) -> Integers:
    counts = np.asarray(values)
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or (counts < 0).any():
        raise UserError(f"`n_samples` must be whole numbers from 0 up. Got {values!r:.80}.")
    if counts.ndim == 1:
        _check_length("n_samples", len(counts), len(names))
    counts = np.broadcast_to(counts, (len(names),)).astype(np.int64)
    counts.flags.writeable = False
    return counts


def _check_length(field: str, got: int, wanted: int, what: str = "entry") -> None:
    if got != wanted:
        raise UserError(f"`{field}` must have one {what} per name ({wanted}). Got {got}.")
