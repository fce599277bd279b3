"""Gains: how far an attribute really changes for each unit that the regressor predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tlgan.axes.axes import Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.errors import UserError


def apply_gains(axes: Axes, gains: Mapping[str, float]) -> Axes:
    """Axes whose regressor predicts as much change as a judge has measured.

    Predictions are drawn towards the mean score by the gain, and so are the ends of what was seen: a local edit that
    is asked for +2 goes on until the old prediction has changed by 2 / gain. What an edit of so many standard
    deviations does stays as it is. Straight axes, and what `axes` writes to a file, are not touched.

    Parameters
    ----------
    axes : Axes
    gains : mapping
        Attribute name to measured over predicted change, above 0; 1 changes nothing. Names that the regressor does
        not know are ignored.

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        For a gain that is not finite and above 0.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from tlgan import axes_from_directions, edit_latents
    >>> from tlgan.axes.latent_regressor import LatentRegressor
    >>> axes = axes_from_directions(["Smiling", "Age"], [[1, 0], [0, 1]], latent_space="normal")
    >>> axes = replace(axes, regressor=LatentRegressor.straight(["Smiling", "Age"], [[1, 0], [0, 1]], [0, 40]))
    >>> edit_latents(apply_gains(axes, {"Smiling": 0.5}), [[0.0, 0.0]], {"Smiling": 1.0}).round(2).tolist()
    [[2.0, 0.0]]
    """
    for name, gain in gains.items():
        if not 0 < gain < np.inf:
            raise UserError(f"`gains` must be finite and above 0. Got {gain} for {name!r}.")
    regressor = axes.regressor
    if not isinstance(regressor, LatentRegressor) or not gains:
        return axes
    factors = np.array([gains.get(name, 1.0) for name in regressor.names])
    ends = (
        regressor.offsets + factors * (end - regressor.offsets)
        for end in (regressor.lowest, regressor.highest)
    )
    lowest, highest = ends
    return replace(
        axes, regressor=replace(regressor, scales=regressor.scales * factors, lowest=lowest, highest=highest)
    )
