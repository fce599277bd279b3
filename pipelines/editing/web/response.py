"""Parts of responses as JSON: the description of a run, pictures, latents, and numbers by name."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.editing.edit_note import encode_latent as encode_latent
from pipelines.editing.web.download import available_formats
from pipelines.editing.web.renderer import Face, Ticket
from pipelines.editing.web.request import FaceEdit
from pipelines.editing.web.slider_groups import GROUP_NAMES, slider_group
from pipelines.evaluation.verdict_rules import NOT_EVALUATED, USABLE
from pipelines.evaluation.verdicts import Verdict
from pipelines.images.picture_files import png_bytes
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.editing.edit_latents import EditedLatents
from tlgan.editing.linear_predictors import units
from tlgan.editing.predictions import METHODS, prediction_deviations, predictions, slider_ranges
from tlgan.latents.geometry import angles_between

SLIDER_REACH = 3.5  # standard deviations of the prediction to either side
UNMARKED = (USABLE, NOT_EVALUATED)  # the second is said once, above the sliders


def describe_run(run: OpenedRun) -> dict[str, Any]:
    """What the page needs to know about a run: names, methods, sliders with ranges and verdicts, formats."""
    methods = METHODS if run.axes.regressor is not None else ("straight",)
    sliders = {method: _sliders(run.axes, method) for method in methods}
    rows = []
    for row, name in enumerate(run.axes.names):
        verdict = run.verdicts.get(name, Verdict(USABLE, ""))
        rows.append(
            {
                "name": name,
                "group": slider_group(name),
                "unit": units(run.axes)[row],
                "sliders": {method: sliders[method][row] for method in methods},
                "verdict": str(verdict) if verdict.word not in UNMARKED else "",
                "reason": verdict.reason,
            }
        )
    return {
        "name": run.name,
        "generator": run.generator.name,
        "resolution": run.generator.resolution,
        "note": _note(run),
        "methods": list(methods),
        "base": list(run.axes.base),
        "slider_groups": list(GROUP_NAMES),
        "axes": rows,
        "formats": available_formats(),
    }


def _note(run: OpenedRun) -> str:
    """What the page says above the sliders: where no judge has seen edits, that marks are missing; "" else."""
    if not any(verdict.word == NOT_EVALUATED for verdict in run.verdicts.values()):
        return ""
    return (
        f"Which sliders move other attributes too is not known yet: `python -m pipelines evaluate {run.name}` marks "
        "them."
    )


def _sliders(axes: Axes, method: str) -> list[dict[str, float]]:
    """Ends and step of the slider of each axis."""
    ranges = slider_ranges(axes, SLIDER_REACH, method).tolist()
    steps = (prediction_deviations(axes, method) / 2).tolist()
    return [
        {"least": least, "largest": largest, "step": step}
        for (least, largest), step in zip(ranges, steps, strict=True)
    ]


def describe_drawing(
    axes: Axes, edit: FaceEdit, edited: EditedLatents, faces: Sequence[Face], ticket: Ticket
) -> dict[str, Any]:
    """What the page shows of an edited face: pictures, predictions, scores, the latent, and where it stopped.

    Parameters
    ----------
    axes : Axes
    edit : FaceEdit
    edited : EditedLatents, of the one face
    faces : two of `Face`, before and after the edit
    ticket : Ticket, of the request
    """
    before, after = faces
    latents = np.concatenate([edit.start[None], edited.latents])
    values = predictions(axes, latents, edit.method)
    return {
        "ticket": ticket.number,
        "picture": large_uri(after),
        "before": large_uri(before),
        "values": values_by_name(axes, values[1]),
        "start_values": values_by_name(axes, values[0]),
        "scores": values_by_name(axes, after.scores),
        "start_scores": values_by_name(axes, before.scores),
        "stopped": " ".join(edited.sentences),
        "degrees": float(angles_between(latents[:1], latents[1:])[0]),
        "latent": encode_latent(latents[1]),
    }


def picture_uri(face: Face) -> str:
    """A face in its own size, as a data URI."""
    return image_uri(face.image)


def image_uri(image: np.ndarray) -> str:
    """A picture, uint8 (h, w, 3), as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(image)).decode("ascii")


def large_uri(face: Face) -> str:
    """A face enlarged, as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(face.large_webp).decode("ascii")


def values_by_name(axes: Axes, values: np.ndarray) -> dict[str, float | None]:
    """Values, shape (n_axes,), by the name of their axis; None for NaN, which JSON does not have."""
    pairs = zip(axes.names, values.tolist(), strict=True)
    return {name: None if math.isnan(value) else value for name, value in pairs}
