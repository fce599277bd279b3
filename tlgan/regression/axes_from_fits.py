"""Turn fits to axes, which can be written, made orthogonal and edited with."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from tlgan.axes.axes import Axes
from tlgan.errors import UserError
from tlgan.regression.fit import Fits


def axes_from_fits(
    fits: Fits,
    *,
    latent_space: str,
    units: Mapping[str, str] | None = None,
    generator: str = "",
    generator_sha256: str = "",
) -> Axes:
    """Make axes of all attributes that have a direction.

    Parameters
    ----------
    fits : Fits
    latent_space : str
        "sphere" (latents have length sqrt(latent_dim)), "normal" or "uniform".
    units : mapping, optional
        Name to unit of continuous attributes, {"Age": "years"} for example. Binary and categorical
        ones are in logits.
    generator, generator_sha256 : str
        Name of the generator and SHA-256 of its weights, where known.

    Returns
    -------
    Axes
        Attributes without a direction are left out, with a warning that names them.

    Raises
    ------
    UserError
        Where no attribute has a direction, or `units` names anything but a continuous attribute.
    """
    lost = "; ".join(_without_direction(fits))
    if not (fits.slopes > 0).any():
        raise UserError(f"At least one attribute must have a direction. None has: {lost}. Fit more samples.")
    units = _checked_units(fits, units or {})
    if lost:
        warnings.warn(f"Left out, as they have no direction: {lost}.", UserWarning, stacklevel=3)
    axes = raw_axes(
        fits,
        [
            units.get(name, "") if kind == "continuous" else "logit"
            for name, kind in zip(fits.names, fits.kinds, strict=True)
        ],
        latent_space=latent_space,
        generator=generator,
        generator_sha256=generator_sha256,
    )
    assert axes is not None  # one has a direction
    return axes


def _without_direction(fits: Fits) -> list[str]:
    """The attributes that have no direction, each with the reason: "Smiling (constant response)"."""
    return [
        f"{name} ({', '.join(flags) or 'slope 0'})"
        for name, flags, slope in zip(fits.names, fits.flags, fits.slopes, strict=True)
        if not slope > 0
    ]


def raw_axes(
    fits: Fits, units: Sequence[str], *, latent_space: str, generator: str = "", generator_sha256: str = ""
) -> Axes | None:
    """Make axes of the attributes that have a direction, a slope above 0; None where none has.

    Parameters
    ----------
    units : sequence of str
        One entry for each attribute of the fits.
    latent_space, generator, generator_sha256 : str
        As for `axes_from_fits`.
    """
    rows = np.flatnonzero(fits.slopes > 0)
    if not len(rows):
        return None
    binary = np.array([fits.kinds[row] != "continuous" for row in rows])
    return Axes(
        names=tuple(fits.names[row] for row in rows),
        directions=fits.directions[rows],
        raw_directions=fits.directions[rows],
        slopes=fits.slopes[rows],
        intercepts=fits.intercepts[rows],
        units=tuple(units[row] for row in rows.tolist()),
        kinds=tuple(fits.kinds[row] for row in rows),
        angular_errors=fits.angular_errors[rows],
        held_out=fits.held_out[rows],
        n_samples=fits.n_samples[rows],
        latent_space=latent_space,
        generator=generator,
        generator_sha256=generator_sha256,
        held_out_low=fits.held_out_low[rows],
        held_out_high=fits.held_out_high[rows],
        positives=fits.positives[rows],
        held_out_positives=np.where(binary, fits.held_out_positives[rows], np.nan),
        held_out_samples=fits.held_out_samples[rows].astype(np.float64),
    )


def _checked_units(fits: Fits, units: Mapping[str, str]) -> dict[str, str]:
    for name in units:
        if name not in fits.names or fits.kinds[fits.names.index(name)] != "continuous":
            raise UserError(f"`units` must name continuous attributes. Got {name!r}; leave it out.")
    return dict(units)
