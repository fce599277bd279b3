"""The argument RECIPE and the option -s, which most commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pipelines.recipe.load import load_recipe

DEFAULT_RECIPE = "celeba64"


def with_recipe(command: Callable[..., Any]) -> Callable[..., Any]:
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
    def wrapped(context: click.Context, /, recipe: str, overrides: tuple[str, ...], **options: Any) -> Any:
        return context.invoke(command, recipe=load_recipe(recipe, overrides), **options)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    parameters = [getattr(function, "__click_params__", []) for function in (command, wrapped)]
    vars(wrapped)["__click_params__"] = [*parameters[0], *parameters[1]]
    return wrapped
