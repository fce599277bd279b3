"""What most commands share: the argument RECIPE and the option -s."""

from __future__ import annotations

import click

from pipelines.recipe.load import load_recipe

DEFAULT_RECIPE = "celeba64"


def with_recipe(command):
    """Give a command the argument RECIPE and the option -s; it receives the checked recipe."""

    @click.argument("recipe", default=DEFAULT_RECIPE)
    @click.option(
        "-s",
        "--override",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a key, e.g. sample.count=5000.",
    )
    @click.pass_context
    def wrapped(context, recipe, overrides, **options):
        return context.invoke(command, recipe=load_recipe(recipe, overrides), **options)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", []) + wrapped.__click_params__
    return wrapped
