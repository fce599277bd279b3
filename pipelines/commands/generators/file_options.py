"""The options that say what a generator's file does not tell: prior, black and white, order of colours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click


class ValueRange(click.ParamType):
    """BLACK,WHITE: two numbers, the first the smaller."""

    name = "black,white"

    def convert(self, value: Any, param: Any, context: Any) -> tuple[float, float]:
        try:
            black, white = (float(part) for part in str(value).split(","))
        except ValueError:
            black, white = 0.0, 0.0
        if not (math.isfinite(black) and math.isfinite(white) and black < white):
            self.fail(f"must be black and white, such as -1,1 or 0,255. Got {value!r}.", param, context)
        return black, white


def unknown_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--prior`, `--range` and `--colours`: what a generator's file may not tell."""
    prior = click.option(
        "--prior",
        "--latent-space",
        "prior",
        type=click.Choice(["sphere", "normal", "uniform"]),
        help="What latents are drawn from, where the file does not tell.",
    )
    value_range = click.option(
        "--range", "value_range", type=ValueRange(), help="Output values of black and white."
    )
    colours = click.option("--colours", type=click.Choice(["RGB", "BGR"]), help="Order of its colours.")
    return prior(value_range(colours(command)))
