"""Manifests: a file in an exported folder that says which step wrote the folder, and the hash of every file in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.workflow.checked_json import read_json, write_json
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

NAME = "_manifest.json"  # names of recipes, and so of their files, begin with a letter or digit


def write_manifest(folder: Path, step: Step, others: Mapping[str, str] | None = None) -> None:
    """Write the manifest of a folder that is complete otherwise.

    Parameters
    ----------
    folder : Path
    step : Step
        What wrote it.
    others : mapping of str to str, optional
        SHA-256 of files outside the folder that belong to it, by their path from it.
    """
    files = {path.relative_to(folder).as_posix(): file_sha256(path) for path in _files(folder)}
    content = {
        "format": "tlgan.manifest",
        "stage": step.stage,
        "fingerprint": step.fingerprint,
        "version": step.version,
        "parameters": step.parameters,
        "inputs": step.inputs,
        "files": files | dict(others or {}),
    }
    write_json(folder / NAME, content)


def folder_entry(folder: Path) -> dict[str, Any] | None:
    """What a folder says of the step that wrote it, as a ledger would.

    Returns
    -------
    dict or None
        With the step's fingerprint, version, parameters and inputs. Where the folder is not as it was written, the
        fingerprint is empty and `damage` says why. None without a manifest: of an earlier version.
    """
    if not (folder / NAME).is_file():
        return None
    try:
        content, _ = read_json(folder / NAME, "")
        changed = changed_files(folder, content["files"])
    except (UserError, OSError, KeyError, AttributeError, TypeError):
        return {"fingerprint": "", "damage": "its manifest is damaged"}
    if changed:
        return content | {"fingerprint": "", "damage": f"{changed[0]} is not as it was written"}
    return content


def changed_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The files of a manifest that are gone or have another hash."""
    return [
        name
        for name, sha256 in files.items()
        if not (folder / name).is_file() or file_sha256(folder / name) != sha256
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
