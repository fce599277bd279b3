"""Parts of responses as JSON: the description of a run, pictures, latents, and numbers by name."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from pipelines.editing.edit_note import encode_latent as encode_latent
from pipelines.editing.web.download import available_formats
from pipelines.editing.web.renderer import Face, Ticket
from pipelines.editing.web.slider_groups import GROUP_NAMES, slider_group
from pipelines.evaluation.verdicts import USABLE, Verdict
from pipelines.images.picture_files import png_bytes
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import deviations, predictors, units
from tlgan.latents.geometry import angles_between

SLIDER_REACH = 3.5  # standard deviations of the predictor to either side


def describe_run(run: OpenedRun) -> dict[str, Any]:
    """What the page needs to know about a run: names, sliders with ranges and verdicts, formats."""
    scatter = deviations(run.axes)
    centres = np.nan_to_num(run.axes.intercepts, nan=0.0)
    rows = []
    for row, name in enumerate(run.axes.names):
        verdict = run.verdicts.get(name, Verdict(USABLE, ""))
        reach = SLIDER_REACH * float(scatter[row])
        rows.append(
            {
                "name": name,
                "group": slider_group(name),
                "unit": units(run.axes)[row],
                "least": float(centres[row]) - reach,
                "largest": float(centres[row]) + reach,
                "step": float(scatter[row]) / 2,
                "verdict": str(verdict) if verdict.word != USABLE else "",
                "reason": verdict.reason,
            }
        )
    return {
        "name": run.name,
        "generator": run.generator.name,
        "resolution": run.generator.resolution,
        "base": list(run.axes.base),
        "slider_groups": list(GROUP_NAMES),
        "axes": rows,
        "formats": available_formats(),
    }


def describe_drawing(
    axes: Axes, latents: np.ndarray, before: Face, after: Face, ticket: Ticket
) -> dict[str, Any]:
    """What the page shows of an edited face: pictures, values of the fits, scores, and the latent.

    Parameters
    ----------
    axes : Axes
    latents : float64 array, shape (2, latent_dim), before and after the edit
    before, after : Face
    ticket : Ticket, of the request
    """
    values = predictors(axes, latents)
    return {
        "ticket": ticket.number,
        "picture": large_uri(after),
        "before": large_uri(before),
        "values": values_by_name(axes, values[1]),
        "start_values": values_by_name(axes, values[0]),
        "scores": values_by_name(axes, after.scores),
        "start_scores": values_by_name(axes, before.scores),
        "degrees": float(angles_between(latents[:1], latents[1:])[0]),
        "latent": encode_latent(latents[1]),
    }


def picture_uri(face: Face) -> str:
    """A face in its own size, as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(face.image)).decode("ascii")


def large_uri(face: Face) -> str:
    """A face enlarged, as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(face.large_webp).decode("ascii")


def values_by_name(axes: Axes, values: np.ndarray) -> dict[str, float | None]:
    """Values, shape (n_axes,), by the name of their axis; None for NaN, which JSON does not have."""
    pairs = zip(axes.names, values.tolist(), strict=True)
    return {name: None if math.isnan(value) else value for name, value in pairs}
