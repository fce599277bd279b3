"""Recipes: what a pipeline is to do, as one TOML file, checked key by key."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, Literal

import msgspec

from models.kinds import AnyNetworkOptions
from models.kinds.latent_regressor import RegressorOptions
from models.kinds.network_kind import Name
from pipelines.recipe.groups import Group
from pipelines.recipe.old_sections import upgrade_sections
from pipelines.recipe.sections import (
    Data,
    Evaluate,
    Export,
    Fit,
    KnownAxes,
    Label,
    Orthogonalize,
    Ray,
    Report,
    Sample,
    Section,
    View,
)
from tlgan.errors import UserError
from tlgan.limits.structured_text import is_unicode, parse_toml, read_toml
from tlgan.storage.atomic_files import is_file

FOLDER = Path(__file__).parents[1] / "recipes"


class Recipe(Section, frozen=True):
    """A whole pipeline; each section is a stage's.

    `networks` are those that the stage `train` makes, by name; `kind` says which options each takes. `groups` are
    attributes that say nearly the same, by a name for the group (`pipelines.recipe.groups`).
    `engine` says who works on the blocks of rows: this process, or the workers of a Ray cluster. Results
    are the same. `arguments` are no key of a file: the words that name this recipe on a command line, its name or
    file and its overrides.
    """

    name: Name
    sample: Sample
    label: Label
    view: View | None = None
    data: Data = Data()
    groups: dict[Name, Group] = msgspec.field(default_factory=dict)
    networks: dict[Name, AnyNetworkOptions] = msgspec.field(default_factory=dict)
    known_axes: KnownAxes = KnownAxes()
    fit: Fit = Fit()
    regress: RegressorOptions = RegressorOptions()
    orthogonalize: Orthogonalize = Orthogonalize()
    evaluate: Evaluate = Evaluate()
    export: Export = Export()
    report: Report = Report()
    engine: Literal["local", "ray"] = "local"
    ray: Ray = Ray()
    arguments: tuple[str, ...] = ()

    def command(self, command: str, *words: str) -> str:
        """The command line that does something with this recipe, to be shown to a person.

        Example
        -------
        >>> load_recipe("mine.toml", ("sample.count=500",)).command("evaluate")
        'python -m pipelines evaluate mine.toml -s sample.count=500'
        """
        named = self.arguments or (self.name,)
        return shlex.join(["python", "-m", "pipelines", command, *named, *words])


def load_recipe(name_or_path: str, overrides: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe and check every key.

    Parameters
    ----------
    name_or_path : a TOML file, or the name of a shipped recipe ("celeba64")
    overrides : "section.key=value" each, value in TOML, or bare text

    Raises
    ------
    UserError
        Naming the key, the rule and what was got.
    """
    path = Path(name_or_path).expanduser()
    if not path.suffix:
        path = FOLDER / f"{name_or_path}.toml"
    if not is_file(path):
        shipped = ", ".join(sorted(recipe.stem for recipe in FOLDER.glob("*.toml")))
        raise UserError(f"{path}: no such recipe. Name a TOML file or one of: {shipped}.")
    try:
        content = read_toml(path)
    except UserError as error:
        raise UserError(f"{path}: {error} Correct the line it names.") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Correct its permissions.") from error
    for override in overrides:
        _set(content, override)
    content = upgrade_sections(content)
    if "arguments" in content:
        raise UserError(f"{path}: `arguments` is no key of a recipe. Delete it.")
    try:
        recipe = msgspec.convert(content, Recipe)
    except (msgspec.ValidationError, OverflowError) as error:
        message = _name_network(content, str(error)[:400])
        raise UserError(
            f"{path}: {message}.{_got(content, message)} Correct the key; {_page_for(message)} says what it takes."
        ) from error
    _check_weight_names(path, recipe)
    settings = [word for override in overrides for word in ("-s", override)]
    return msgspec.structs.replace(recipe, arguments=(name_or_path, *settings))


def _check_weight_names(path: Path, recipe: Recipe) -> None:
    """Refuse two networks that would write the same weight file."""
    writers: dict[tuple[str, str], str] = {}
    for name, options in recipe.networks.items():
        for role in options.roles:
            weights = options.weights or name
            other = writers.setdefault((weights, role), name)
            if other != name:
                raise UserError(
                    f"{path}: `networks.{name}.weights` must differ from that of `networks.{other}`. "
                    f"Got {weights!r} for both. Rename one."
                )


def _page_for(message: str) -> str:
    """The page that describes the key that a message names."""
    return "docs/how-to/train-a-network.md" if "$.networks" in message else "docs/commands.md"


def _name_network(content: Any, message: str) -> str:
    """The message with the network's name, which msgspec leaves out: `$.networks[...]`."""
    for name, table in content.get("networks", {}).items() if "$.networks[...]" in message else ():
        try:
            msgspec.convert({name: table}, dict[Name, AnyNetworkOptions])
        except msgspec.ValidationError:
            return message.replace("$.networks[...]", f"$.networks.{name}")
    return message


def _got(content: Any, message: str) -> str:
    """The value at the `$.section.key` of a message, where it is a single one."""
    key = re.search(r"`\$((?:\.\w+|\[\d+\])+)`$", message)
    try:
        for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", key[1] if key else ""):
            content = content[name] if name else content[int(number)]
    except (KeyError, IndexError, TypeError):
        return ""
    return "" if isinstance(content, dict | list) else f" Got {content!r:.200}."


def _set(content: dict[str, Any], override: str) -> None:
    if not is_unicode(override):
        raise UserError(f"`-s` must be UTF-8. Got {override!r:.200}. Write it so.")
    key, equals, text = override.partition("=")
    *sections, last = key.split(".")
    if not equals or not all([*sections, last]):
        raise UserError(
            f"`-s` must be section.key=value, for instance sample.count=5000. Got {override!r:.200}."
        )
    try:
        value = parse_toml(f"value = {text}")["value"]
    except UserError:  # bare text
        value = text
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise UserError(f"`-s {override:.200}` goes below {section}, which is no table. Correct the key.")
    content[last] = value
