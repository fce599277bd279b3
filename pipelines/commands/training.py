"""Commands of the stages that train networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError


def _limits(command):
    """Give a command the options of how long a training runs and what it goes on from."""
    command = click.option(
        "--resume",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Checkpoint to go on from, in place of the recipe's own.",
    )(command)
    command = click.option(
        "--compact",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Also write the last checkpoint here, in half the space.",
    )(command)
    return click.option(
        "--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; resume later."
    )(command)


def _train(recipe: Recipe, names: Sequence[str], **limits: Any) -> None:
    from pipelines.planning.plan import plan_networks
    from pipelines.planning.run import run
    from pipelines.stages.training_loop import TrainingLimits

    for option in ("resume", "compact"):
        if limits.get(option) is not None and len(names) > 1:
            raise UserError(
                f"`--{option}` must be for one network. Got {', '.join(names)}. Use `train RECIPE NAME`."
            )
    resume = limits.get("resume")
    if resume is not None and not resume.is_file():
        raise UserError(f"{resume}: no such checkpoint. Name an existing file.")
    run(recipe, plan_networks(recipe, names, TrainingLimits(**limits)))


def _names_of_kind(recipe: Recipe, kind: str) -> list[str]:
    from models.kinds import kind_of

    names = [name for name, options in recipe.networks.items() if kind_of(options).name == kind]
    if not names:
        raise UserError(
            f"`networks` must hold a network of kind {kind!r}. Got none. Add a table [networks.NAME] with "
            f'kind = "{kind}" to the recipe.'
        )
    return names


@click.command()
@with_recipe
def prepare(recipe):
    """Crop, shrink and split the recipe's photographs.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines prepare celeba64
    """
    from pipelines.planning.plan import plan_networks
    from pipelines.planning.run import run

    run(recipe, plan_networks(recipe, ()))


@click.command()
@with_recipe
@click.argument("name")
@_limits
def train(recipe, name, **limits):
    """Train the network NAME of the recipe; interrupted, it resumes where it was.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines train celeba64 labeller --minutes 60
    """
    _train(recipe, [name], **limits)


@click.command()
@_limits
@with_recipe
def gan(recipe, **limits):
    """Train the recipe's progressive GANs: a name for `train` with each of them.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines gan celeba64 --minutes 60
    """
    _train(recipe, _names_of_kind(recipe, "progressive-gan"), **limits)


@click.command()
@_limits
@with_recipe
def classifier(recipe, **limits):
    """Train the recipe's attribute networks, labeller and judge: a name for `train` with each of them.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines classifier celeba64
    """
    _train(recipe, _names_of_kind(recipe, "attribute-cnn"), **limits)
