"""Templates of pages, and how figures are written in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.leakage_table import least_sentences

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"


def template(name: str) -> Template:
    """A template of a page; values filled in are escaped."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(TEMPLATES),
    )
    environment.filters |= {
        "number": number,
        "interval": interval,
        "around": around,
        "labeller_area": labeller_area,
        "card_areas": card_areas,
        "least": lambda leakage, method: " ".join(least_sentences(leakage, method)),
        "words": lambda name: name.replace("_", " "),
    }
    return environment.get_template(name)


def number(value: float | None, digits: int = 3, unit: str = "") -> str:
    """A number as text; a dash where it is None or NaN."""
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}{unit}"


def interval(value: float | None, low: float | None, high: float | None, digits: int = 2) -> str:
    """A number with its interval as text; without it where it is unknown."""
    if low is None or high is None or np.isnan(low) or np.isnan(high):
        return number(value, digits)
    return f"{number(value, digits)} ({low:.{digits}f} to {high:.{digits}f})"


def around(value: float | None, low: float | None, high: float | None, digits: int = 2) -> str:
    """A number and half the width of its interval as text, for tables of many columns."""
    if low is None or high is None or np.isnan(low) or np.isnan(high):
        return number(value, digits)
    return f"{number(value, digits)} ± {(high - low) / 2:.{digits}f}"


def labeller_area(scores: Mapping[str, float]) -> str:
    """A labeller's area under the ROC curve with its interval, from the counts on its card."""
    from tlgan.regression.held_out_scores import area_interval

    rows = scores.get("n", 0.0)
    positives = scores.get("base_rate", 0.0) * rows
    return interval(scores["auc"], *area_interval(scores["auc"], positives, rows - positives))


def card_areas(labellers: Sequence[Mapping[str, Any]], *names: str) -> str:
    """Areas under the ROC curve of attributes on photographs, by the labellers' cards."""
    known = {name: scores for labeller in labellers for name, scores in labeller["attributes"].items()}
    return ", ".join(f"AUC {number(known.get(name, {}).get('auc'), 2)}" for name in names)
