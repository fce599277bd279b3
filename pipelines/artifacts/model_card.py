"""Model cards: what a trained network is, beside its weights, for people (.md) and for tools (.json)."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.weights.card import HASH, read_card, write_card
from tlgan.storage.atomic_files import replacing
from tlgan.storage.file_hash import file_sha256

TERMS = {
    "celeba": "CelebA (Liu et al. 2015), for non-commercial research only; no photograph is in this file.",
    "utkface": "UTKFace (Zhang et al. 2017), for non-commercial research only; no photograph is in this file.",
    "folder": "The user's own images; their terms hold.",
    "known-axes": "Portraits drawn by this program; no terms but this project's own licence.",
}
FAULTS = {
    "known-axes": "Reads drawn portraits with planted, made-up correlations; says nothing about any person.",
    "utkface": "UTKFace was gathered from the web and its labels were estimated; what was learned carries "
    "both faults. Not for identifying people or deciding about them.",
    "folder": "As those of the images and labels it was trained on.",
    "celeba": "CelebA shows celebrities, mostly young, light-skinned and made up; its labels are the "
    "annotators' impressions, some of them judgements (Attractive, Young) and many of them correlated (Male "
    "with make-up, age and hair). What was learned carries these biases. Not for identifying people or "
    "deciding about them.",
}


@dataclass(frozen=True)
class ModelCard:
    """What a trained network is, for the files beside its weights.

    Attributes
    ----------
    weights : Path of the weight file
    title : str, kind and role of the network
    command : str, what trained it
    data_kind : str, of the images it was trained on: a key of `TERMS`, or several joined by "+"
    metrics : mapping, all figures; `means` or `distances` are shown, `parameters` has the seed
    """

    weights: Path
    title: str
    command: str
    data_kind: str
    metrics: Mapping[str, Any]


def write_model_card(card: ModelCard) -> None:
    """Write `<weights>.json` with all metrics and `<weights>.md` with what a reader must know; weights come first."""
    facts = {"command": card.command, "hardware": hardware(), HASH: file_sha256(card.weights)}
    card = replace(card, metrics=dict(card.metrics) | facts)
    write_card(card.weights, card.metrics)
    with replacing(card.weights.with_suffix(".md")) as path:
        path.write_text(model_card_text(card), encoding="utf-8")


def card_entry(weights: Path) -> dict[str, str] | None:
    """The `fingerprint` of the training that wrote these weights, as the card beside them has it.

    Empty for a training that is not finished, which equals no fingerprint; None where the card does not say.
    """
    metrics = read_card(weights)
    if "fingerprint" not in metrics:
        return None
    return {"fingerprint": str(metrics["fingerprint"]) if metrics.get("schedule_finished") else ""}


def model_card_text(card: ModelCard) -> str:
    """The card in Markdown."""
    metrics, kinds = card.metrics, card.data_kind.split("+")
    headline = metrics.get("means") or metrics.get("distances") or {}
    figures = "\n".join(
        f"| {name.replace('_', ' ')} | {_number(value)} |" for name, value in headline.items()
    )
    return f"""# {card.title}: {card.weights.name}

| | |
|---|---|
| data and terms | {" ".join(TERMS[kind] for kind in kinds)} |
| command | `{card.command}` |
| seed | {metrics["parameters"].get("seed")} |
| hardware | {metrics["hardware"]} |
| training time of the last run, seconds | {metrics["seconds_of_last_run"]} |
| SHA-256 of the file | `{metrics[HASH]}` |
{figures}

All figures, per attribute or level, are in `{card.weights.with_suffix(".json").name}`.

**Known faults and biases.** {" ".join(FAULTS[kind] for kind in kinds)}
"""


def hardware() -> str:
    """Processor and cores, in words."""
    import keras

    from models.inference.backend import backend_name

    backend = f"Keras {keras.__version__} on {backend_name()}"
    return f"{os.cpu_count()} cores of {platform.machine()}, {backend}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
