"""The command that measures what computing in 16 bits changes."""

from __future__ import annotations

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe


@click.command()
@with_recipe
def precision(recipe: Recipe) -> None:
    """Measure what the generator's pictures and their labels lose in 16 bits on this device, and what they gain.

    A precision is allowed as `sample.precision` where 99.9 % of the pixel values lie within one grey level of
    float32 and logits differ by 0.05 on average, at most.

    Example: python -m pipelines precision celeba64
    """
    from rich.table import Table

    from pipelines.execution.keras_import import import_quietly
    from pipelines.sources.generators import precision_trial
    from pipelines.sources.precision_check import measure_precisions
    from pipelines.workflow.progress import print_table

    import_quietly()
    effects = list(measure_precisions(precision_trial(recipe)))
    table = Table(
        *("precision", "images/s", "within one grey level", "mean logit difference", "largest", "allowed"),
        title=f"{recipe.sample.generator} on {effects[0].device}, {effects[0].images} images",
        title_justify="left",
    )
    for effect in effects:
        table.add_row(
            effect.precision,
            f"{effect.images_per_second:.3g}",
            f"{effect.within:.4%}",
            _number(effect.mean_logit),
            _number(effect.largest_logit),
            "yes" if effect.allowed else "no",
        )
    print_table(table)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
