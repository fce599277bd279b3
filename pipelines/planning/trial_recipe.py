"""The recipe of a first look at a generator, with a comment on what a newcomer will want to change."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path

from models.weights.locate import find_weights
from tlgan.errors import UserError


@dataclass(frozen=True)
class TrialRecipe:
    """What the recipe of a first look says.

    Attributes
    ----------
    name, generator, labeller, judge : str, as the recipe has them; the judge may be ""
    count : int, samples
    base : tuple of str, attributes to which the other axes are made orthogonal
    view : tuple or None, (left, top, side, size) as `[view]` has them
    view_why : str, a comment on the view
    command : str, that wrote it
    """

    name: str
    generator: str
    labeller: str
    judge: str
    count: int
    base: tuple[str, ...]
    view: tuple[float, float, float, int] | None
    view_why: str
    command: str


def judge_for(labeller: str) -> str:
    """The judge that belongs to a labeller by its name; "" where there is none."""
    try:
        labels, judges = find_weights(labeller, "labeller"), find_weights(labeller, "judge")
    except UserError:
        return ""
    return labeller if labels != judges and not Path(labeller).suffix else ""


def recipe_text(said: TrialRecipe, recipe: Path) -> str:
    """The text of a recipe for a first look, with a comment on what a newcomer will want to change."""
    quoted = functools.partial(json.dumps, ensure_ascii=False)
    command, file = (" ".join(words.split()) for words in (said.command, str(recipe)))
    view = "# [view] says which square of a picture the labeller sees: docs/how-to/bring-labels.md\n"
    if said.view:
        left, top, side, size = said.view
        view = f"[view]{' ' * 22}# {said.view_why}\nleft = {left:g}\ntop = {top:g}\nside = {side:g}\nsize = {size}\n"
    sharper = math.sqrt(20_000 / said.count)
    judge = f"judge = {quoted(said.judge)}" if said.judge else '# judge = "NAME"'
    return f"""# Written by: {command}
# It is yours to change; every key is in docs/commands.md. To run it: python -m pipelines run {file}
name = {quoted(said.name)}  # of the folder runs/{said.name}

[sample]
generator = {quoted(said.generator)}
count = {said.count:_}  # for a first look; with 20_000 the axes are {sharper:.1f} times as sharp

[label]
labellers = [{quoted(said.labeller)}]  # what reads the attributes off the pictures

{view}
[orthogonalize]
base = {quoted(list(said.base))}  # the other axes are made orthogonal to these

[regress]
kind = "none"               # "mlp" for local edits, with 10_000 samples or more

[evaluate]                  # python -m pipelines evaluate {file}
{judge}
always = false
count = 16
"""


def write_recipe(path: Path, text: str) -> None:
    """Write a recipe where there is none.

    Raises
    ------
    UserError
        Where the file is there already, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: is there already. Name another file with `--out`.") from None
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}). Name another place with `--out`."
        ) from error
