"""Check every file that the project wrote against its checksum, and tell how to make damaged ones again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from models.weights.card import card_path, check_card, read_card
from models.weights.locate import ENDINGS, PRETRAINED, weights_folder
from pipelines.planning.run_owner import ENTRY as OWNER
from pipelines.workflow.checked_json import read_json
from pipelines.workflow.ledger import LEDGER
from pipelines.workflow.manifest import NAME as MANIFEST
from pipelines.workflow.manifest import folder_entry
from tlgan.errors import UserError
from tlgan.storage.checksums import check_bytes, reading_hdf5
from tlgan.storage.home import home
from tlgan.storage.row_files import check_rows, read_attributes
from tlgan.storage.row_layout import COUNT

SOUND, UNCHECKED, UNFINISHED, DAMAGED = "sound", "unchecked", "unfinished", "damaged"
_ARTEFACT = re.compile(r"[a-z-]+-([0-9a-f]{16})\.(axes\.h5|h5|json)(\.partial)?")


@dataclass(frozen=True)
class Finding:
    """What was found of one file or folder.

    Attributes
    ----------
    path : Path
    state : str
        "sound"; "unchecked": it has no checksum, as an earlier version wrote it; "unfinished": its rows are sound,
        and there are more to come; "damaged".
    reason : str
        Why it is damaged.
    rebuild : str
        The command that makes it again.
    """

    path: Path
    state: str
    reason: str = ""
    rebuild: str = ""


def verify(run: str | None = None) -> Iterator[Finding]:
    """Check the files of one run, or of all; networks and states of trainings are checked in either case.

    Parameters
    ----------
    run : str, optional
        The name of a folder in `runs/`.

    Yields
    ------
    Finding

    Raises
    ------
    UserError
        Where there is no such run.
    """
    folders = sorted(path.parent for path in (home() / "runs").glob(f"*/{LEDGER}"))
    if run is not None:
        folders = [folder for folder in folders if folder.name == run]
        if not folders:
            raise UserError(
                f"{home() / 'runs' / run}: there is no such run. Name a folder of runs/, or none."
            )
    commands = _Commands(folders)
    for path in sorted((home() / "artifacts").glob("*")):
        key = _ARTEFACT.fullmatch(path.name)
        if key and (run is None or key[1] in commands.by_key):
            yield _found(path, partial(_check_artefact, path, key[1]), commands.rebuild(path, key[1]))
        elif path.name.endswith((".checkpoint.h5", ".best.h5")):
            yield _found(path, partial(check_bytes, path), _remove(path) + commands.any("train"))
    for path in [*sorted(weights_folder().glob("*")), *sorted(PRETRAINED.glob("*"))]:
        if path.suffix in ENDINGS:
            yield _found(path, partial(_check_network, path), commands.rebuild_network(path))
    for folder in folders:
        yield from _verify_run(folder, commands)


def _verify_run(folder: Path, commands: _Commands) -> Iterator[Finding]:
    yield _found(
        folder / LEDGER,
        partial(_check_json, folder / LEDGER),
        f"{_remove(folder / LEDGER)}{commands.run(folder)}",
    )
    for path in sorted(folder.glob("*/best.json")):
        yield _found(path, partial(_check_json, path), _remove(path) + commands.any("train"))
    for exported, title in ((folder / "axes", "export"), (folder / "figures", "report")):
        if exported.is_dir():
            yield _found(exported, partial(_check_folder, exported), commands.of(folder, title))


def _found(path: Path, check: Callable[[], bool], rebuild: str) -> Finding:
    """Check a file; `check` says whether it has a checksum, and raises an error where it does not fit."""
    try:
        checked = check()
    except (UserError, OSError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        return Finding(path, DAMAGED, reason, rebuild)
    if not checked:
        return Finding(path, UNCHECKED)
    return Finding(path, UNFINISHED if path.name.endswith(".partial") else SOUND)


def _check_artefact(path: Path, key: str) -> bool:
    if path.suffix == ".json":
        facts, checked = read_json(path, "")
    else:
        with reading_hdf5(path) as file:
            grows = COUNT in file
        checked = check_rows(path) if grows else check_bytes(path)
        facts = read_attributes(path)
    if not str(facts.get("fingerprint")).startswith(key):
        raise UserError("it holds another step's results than its name says.")
    return checked


def _check_json(path: Path) -> bool:
    return read_json(path, "")[1]


def _check_network(path: Path) -> bool:
    with_card = check_card(path)
    return (path.suffix == ".h5" and check_bytes(path)) or with_card


def _check_folder(folder: Path) -> bool:
    entry = folder_entry(folder)
    if entry is None:
        return False
    if "damage" in entry:
        raise UserError(entry["damage"])
    return (folder / MANIFEST).is_file()


class _Commands:
    """The commands by which steps ran last, as the ledgers of runs have them."""

    def __init__(self, folders: list[Path]) -> None:
        self._entries: dict[tuple[str, str], dict[str, Any]] = {}
        self._recipes: dict[str, str] = {}
        for folder in folders:
            try:
                entries, _ = read_json(folder / LEDGER, "")
            except (UserError, OSError):
                continue
            for title, entry in entries.items():
                if isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str):
                    self._entries[folder.name, title] = entry
                elif title == OWNER and isinstance(entry, dict) and entry.get("recipe"):
                    self._recipes[folder.name] = str(entry["recipe"])
        self.by_key = {entry["fingerprint"][:16]: place for place, entry in self._entries.items()}

    def of(self, folder: Path, title: str) -> str:
        """The command of a step of a run."""
        entry = self._entries.get((folder.name, title), {})
        return str(entry.get("command") or self.run(folder))

    def run(self, folder: Path) -> str:
        """The command of a whole run, by the recipe that its ledger names, or else by its own name."""
        recipe = self._recipes.get(folder.name, folder.name)
        return f"python -m pipelines run {shlex.quote(recipe)}"

    def any(self, title: str) -> str:
        """The command of the one step whose title begins so, or words where there are several or none."""
        found = {
            str(entry.get("command")) for place, entry in self._entries.items() if place[1].startswith(title)
        }
        return found.pop() if len(found) == 1 else "the command that trained it"

    def rebuild(self, path: Path, key: str) -> str:
        """What removes an artefact and makes it again."""
        whole = [path]
        if path.name.startswith("evaluation-"):
            whole = [
                path.with_suffix(suffix) for suffix in (".json", ".h5") if path.with_suffix(suffix).exists()
            ]
        if key not in self.by_key:
            return _remove(*whole) + "the command of the run that needs it"
        name, title = self.by_key[key]
        return _remove(*whole) + self.of(Path(name), title)

    def rebuild_network(self, path: Path) -> str:
        """What brings a network's file back."""
        if path.parent == PRETRAINED:
            return f"git checkout -- {shlex.quote(str(path))}"
        card = read_card(path)
        remove = _remove(path, *([card_path(path)] if card else []))
        for entry in self._entries.values():
            if entry["fingerprint"] == card.get("fingerprint"):
                return remove + str(entry.get("command") or card.get("command"))
        return remove + str(card.get("command") or "fetch, train or convert it again")


def _remove(*paths: Path) -> str:
    return f"rm {shlex.join(map(str, paths))} && "
