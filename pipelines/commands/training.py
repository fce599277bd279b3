"""Commands of the stages that train networks."""

from __future__ import annotations

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe


def _train(recipe: Recipe, stage: str, minutes: float | None = None) -> None:
    from pipelines.planning.plan import plan_training
    from pipelines.planning.run import run

    run(recipe, plan_training(recipe, stage, minutes))


@click.command()
@with_recipe
def prepare(recipe):
    """Crop, shrink and split the recipe's photographs.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines prepare celeba64
    """
    _train(recipe, "prepare")


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; resume later."
)
@with_recipe
def gan(recipe, minutes):
    """Train the progressive GAN on prepared faces; interrupted, it resumes where it was.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines gan celeba64 --minutes 60
    """
    _train(recipe, "gan", minutes)


@click.command()
@with_recipe
def classifier(recipe):
    """Train the labeller and the judge; score both on held-out identities.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines classifier celeba64
    """
    _train(recipe, "classifier")
