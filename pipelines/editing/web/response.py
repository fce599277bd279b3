"""What answers are made of: what a run is, pictures, and numbers by name, all as JSON knows them."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from pipelines.editing.web.download import formats
from pipelines.editing.web.renderer import Face
from pipelines.editing.web.slider_groups import ORDER, group_of
from pipelines.evaluation.verdicts import USABLE, Verdict
from pipelines.images.picture_files import png_bytes
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import deviations, units

SLIDER_REACH = 3.5  # standard deviations of the predictor to either side


def run_facts(run: OpenedRun) -> dict[str, Any]:
    """What the page needs to know before it shows anything."""
    scatter = deviations(run.axes)
    centres = np.nan_to_num(run.axes.intercepts, nan=0.0)
    rows = []
    for row, name in enumerate(run.axes.names):
        verdict = run.verdicts.get(name, Verdict(USABLE, ""))
        reach = SLIDER_REACH * float(scatter[row])
        rows.append(
            {
                "name": name,
                "group": group_of(name),
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
        "groups": list(ORDER),
        "axes": rows,
        "formats": formats(),
    }


def picture_uri(face: Face) -> str:
    """A face as it is drawn, for the page to show."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(face.image)).decode("ascii")


def large_uri(face: Face) -> str:
    """The same enlarged."""
    return "data:image/webp;base64," + base64.b64encode(face.large).decode("ascii")


def named(axes: Axes, values: np.ndarray) -> dict[str, float | None]:
    """Values by the name of their axis."""
    return {name: known(value) for name, value in zip(axes.names, values, strict=True)}


def known(value: float) -> float | None:
    """A number in JSON, which has no NaN."""
    return None if math.isnan(value) else float(value)
