"""The argument RECIPE and the option -s, which most commands have."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import click

from pipelines.recipe.load import load_recipe
from pipelines.workflow.ledger import command_line

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
        settings = [word for override in overrides for word in ("-s", override)]
        names = [options["name"]] if "name" in options else []  # of the network that `train` trains
        words = ["python", "-m", "pipelines", context.info_name or "run", recipe, *names, *settings]
        before = command_line.set(shlex.join(words))
        try:
            return context.invoke(command, recipe=load_recipe(recipe, overrides), **options)
        finally:
            command_line.reset(before)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    parameters = [getattr(function, "__click_params__", []) for function in (command, wrapped)]
    vars(wrapped)["__click_params__"] = [*parameters[0], *parameters[1]]
    return wrapped
