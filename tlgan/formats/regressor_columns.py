"""A latent regressor as columns beside those of the axes: what .npz and safetensors store of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

import numpy as np

from tlgan.axes.latent_regressor import PER_ATTRIBUTE, LatentRegressor
from tlgan.axes.score_predictor import ScorePredictor
from tlgan.errors import UserError
from tlgan.formats.regressor_group import COMPONENTS, GROUP_VERSION, MAX_LAYERS, MAX_WEIGHTS, read_groups

PREFIX = "regressor_"
LISTS = (f"{PREFIX}names",)
TEXTS = tuple(PREFIX + field for field in ("groups", "activation", "generator_sha256"))
VERSION = f"{PREFIX}version"
LAYERS = tuple(f"{PREFIX}{field}_{layer}" for layer in range(MAX_LAYERS) for field in ("weights", "biases"))
FIELDS = (*PER_ATTRIBUTE, COMPONENTS)
ARRAYS = (*LAYERS, *(PREFIX + field for field in FIELDS))


def regressor_to_columns(regressor: ScorePredictor | None) -> dict[str, Any]:
    """Map the name of each field of a latent regressor, with `PREFIX`, to its value; empty where there is none."""
    if not isinstance(regressor, LatentRegressor):
        return {}
    columns: dict[str, Any] = {
        "version": GROUP_VERSION,
        "activation": "gelu",
        "names": regressor.names,
        "groups": json.dumps(regressor.groups, ensure_ascii=False),
        "generator_sha256": regressor.generator_sha256,
    }
    for layer, (weight, bias) in enumerate(zip(regressor.weights, regressor.biases, strict=True)):
        columns |= {f"weights_{layer}": weight, f"biases_{layer}": bias}
    columns |= {field: getattr(regressor, field) for field in FIELDS}
    return {PREFIX + field: value for field, value in columns.items()}


def regressor_from_columns(columns: Mapping[str, Any]) -> LatentRegressor | None:
    """Make a regressor of columns as `regressor_to_columns` makes them; None where there are none of them.

    Raises
    ------
    UserError
        For a newer version, missing or malformed columns, or too many weights.
    """
    own = {name.removeprefix(PREFIX): value for name, value in columns.items() if name.startswith(PREFIX)}
    if not own:
        return None
    version = str(own.get("version", GROUP_VERSION))
    if version != str(GROUP_VERSION):
        raise UserError(
            f"has a regressor of version {version:.20}; this tlgan reads version {GROUP_VERSION}. Upgrade tlgan."
        )
    if own.get("activation", "gelu") != "gelu":
        raise UserError(f"the regressor's activation must be 'gelu'. Got {own['activation']!r:.40}.")
    count = sum(f"weights_{layer}" in own for layer in range(MAX_LAYERS))
    required = [
        field.name
        for field in dataclasses.fields(LatentRegressor)
        if field.default is field.default_factory is MISSING
    ]
    per_layer = [f"{field}_{layer}" for field in ("weights", "biases") for layer in range(max(1, count))]
    for field in (*(field for field in required if field not in ("weights", "biases")), *per_layer):
        if field not in own:
            raise UserError(f"has a regressor that lacks {PREFIX + field!r}; export it again.")
    total = sum(np.size(own[f"weights_{layer}"]) for layer in range(count))
    if total > MAX_WEIGHTS:
        raise UserError(f"a regressor must have at most {MAX_WEIGHTS} weights. Got {total}.")
    return LatentRegressor(
        names=tuple(own["names"]),
        weights=tuple(own[f"weights_{layer}"] for layer in range(count)),
        biases=tuple(own[f"biases_{layer}"] for layer in range(count)),
        **{field: own[field] for field in FIELDS if field in own},
        groups=read_groups(own.get("groups", "[]")),
        generator_sha256=own.get("generator_sha256", ""),
    )
