"""Whose run a folder of `runs/` holds: a second recipe, or another generator, is refused before it writes there."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from models.weights.locate import find_weights
from pipelines.recipe.load import Recipe
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.workflow.file_hash import weights_hash
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.paths import run_folder
from tlgan.errors import UserError

ENTRY = "run"  # of the owner in the ledger


@dataclass(frozen=True)
class RunOwner:
    """What wrote a run's folder.

    Attributes
    ----------
    recipe : str, the name of a shipped recipe, or the whole path of a recipe's file; "" where it came from neither
    generator : str, its name, or the whole path of its file
    sha256 : str, of the generator's file; "" where there is none
    folder : str, the whole path of the run's folder
    """

    recipe: str
    generator: str
    sha256: str
    folder: str


def check_run_owner(recipe: Recipe) -> RunOwner:
    """Refuse to write over the run of another recipe or generator in `runs/<recipe>`; gives what will write there.

    A generator that was trained again under its name is the same, and so is one that was moved. A recipe is
    another where a file of the same name lies elsewhere; one whose file is gone was moved.

    Raises
    ------
    UserError
        Where the folder holds the run of another recipe or generator; says how to keep the two apart.
    """
    owner = run_owner(recipe)
    try:
        before = msgspec.convert(Ledger(recipe.name).entries.get(ENTRY), RunOwner)
    except msgspec.ValidationError:  # none yet, or of an earlier version
        before = owner
    folder = run_folder(recipe.name)
    if not _same_generator(before, owner):
        other = f"{recipe.name}-{_plain(owner.generator)}"
        raise UserError(
            f"{folder}: holds the run of generator {before.generator}. Got {owner.generator}, whose results would take "
            f"its place. Give this run a name of its own, `-s name={other}`, or move the folder away."
        )
    if not _same_recipe(before, owner):
        raise UserError(
            f"{folder}: holds the run of {before.recipe}. Got {owner.recipe}, which has the same `name`. Write another "
            f"`name` into it, or give one for once: `-s name={recipe.name}-2`."
        )
    return owner


def note_run_owner(ledger: Ledger, owner: RunOwner, only_if_here: bool = False) -> None:
    """Note in a run's ledger what writes it, once there is something of it.

    With `only_if_here` a recipe or generator that was moved is noted alone: a run that writes nothing else changes
    nothing in a folder that was copied, or is of an earlier version.
    """
    noted = ledger.entries.get(ENTRY, {})
    if noted != asdict(owner) and not (only_if_here and noted.get("folder") != owner.folder):
        ledger.note(ENTRY, asdict(owner))


def run_owner(recipe: Recipe) -> RunOwner:
    """What would write the run of a recipe."""
    named, generator = (recipe.arguments or ("",))[0], recipe.sample.generator
    if Path(named).suffix:
        named = str(Path(named).expanduser().resolve())
    sha256 = ""
    if generator != KNOWN_AXES:
        with contextlib.suppress(UserError):  # yet to be trained, or not there: the stage says so
            weights = find_weights(generator, "generator")
            sha256 = weights_hash(weights)
            if weights == Path(generator).expanduser():
                generator = str(weights.resolve())
    return RunOwner(named, generator, sha256, str(run_folder(recipe.name).resolve()))


def _same_generator(before: RunOwner, now: RunOwner) -> bool:
    return before.generator == now.generator or (before.sha256 == now.sha256 != "")


def _same_recipe(before: RunOwner, now: RunOwner) -> bool:
    """Whether two recipes are one; what a program made has no file to compare.

    A folder that was copied elsewhere goes on with the recipe that was copied with it.
    """
    if not before.recipe or not now.recipe or before.recipe == now.recipe or before.folder != now.folder:
        return True
    was_moved = Path(before.recipe).suffix and not Path(before.recipe).is_file()
    return bool(was_moved)


def _plain(generator: str) -> str:
    """A generator's name as a part of a run's name."""
    name = Path(generator).name.partition(".")[0]
    return re.sub(r"[^\w-]", "-", name, flags=re.ASCII)
