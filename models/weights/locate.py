"""Find weight files by name: trained and converted networks, then the pretrained ones."""

from __future__ import annotations

from pathlib import Path

from tlgan.errors import UserError
from tlgan.storage.atomic_files import is_file
from tlgan.storage.file_hash import file_sha256
from tlgan.storage.home import home

PRETRAINED = Path(__file__).parents[1] / "pretrained"
ENDINGS = (".h5", ".onnx", ".keras")  # ours, and those of other projects' networks
# What a network of another role can serve as.
SUBSTITUTES = {"judge": "labeller", "embedder": "labeller"}
# Networks that a command fetches, by the beginning of their names.
COMMANDS = {"face-api-": "make face-api"}


def weights_folder() -> Path:
    """The folder of trained and converted weights: `artifacts/weights` below `TLGAN_HOME` (default: here)."""
    return home() / "artifacts" / "weights"


def find_weights(path_or_name: str | Path, role: str) -> Path:
    """Find the file of a network: a path as it is, else `<name>.<role>` with one of `ENDINGS`.

    A name is looked for among the trained and converted networks, then among the pretrained ones. Where none
    has the role, a labeller of that name serves as judge or embedder. A folder is given back too, for whoever
    opens it to say what it is.

    Parameters
    ----------
    path_or_name : an existing file, or the name of a network
    role : "generator", "discriminator", "labeller", "judge", "embedder", …

    Raises
    ------
    UserError
        Where there is no such file, with the names there are; or where two files have the name.
    """
    given = Path(path_or_name).expanduser()
    if is_file(given):
        return given
    is_path = bool(given.suffix) or len(given.parts) > 1
    if is_path and given.is_dir():
        return given
    if is_path:
        raise UserError(f"{given}: no such {role} file. Name an existing file, or one of {names_of(role)}.")
    for played in _roles(role):
        for folder in (weights_folder(), PRETRAINED):
            found = [path for ending in ENDINGS if is_file(path := folder / f"{given}.{played}{ending}")]
            if len(found) > 1:
                raise UserError(
                    f"`{role}` {str(given)!r} may be {found[0]} or {found[1]}. Name the file itself."
                )
            if found:
                return found[0]
    if given.is_dir():
        return given
    remedy = "Train one with `make train NAME=…`, or bring one with `make convert`."
    for beginning, command in COMMANDS.items():
        if str(given).startswith(beginning):
            remedy = f"Fetch it with `{command}`."
    raise UserError(f"`{role}` must be a file or one of {names_of(role)}. Got {str(given)!r}. {remedy}")


def file_beside(generator: Path, role: str) -> Path | None:
    """The file of another role that lies beside a generator's file; None where there is none.

    Parameters
    ----------
    role : "discriminator", or "checkpoint" for the state of its training
    """
    beside = generator.with_name(generator.name.replace(".generator.", f".{role}."))
    return beside if beside != generator and beside.is_file() else None


def _roles(role: str) -> list[str]:
    return [role, SUBSTITUTES[role]] if role in SUBSTITUTES else [role]


def names_of(role: str) -> list[str]:
    """Names of the networks that are there and have the role, in alphabetical order."""
    return sorted(
        {
            path.name.removesuffix(f".{played}{ending}")
            for played in _roles(role)
            for folder in (weights_folder(), PRETRAINED)
            for ending in ENDINGS
            for path in folder.glob(f"*.{played}{ending}")
        }
    )


def name_of_weights(sha256: str, role: str) -> str:
    """The name of a network of ours whose file has this hash; "" where there is none.

    So artefacts that name their network by its hash find it after another took over its name.
    """
    for folder in (weights_folder(), PRETRAINED):
        for path in sorted(folder.glob(f"*.{role}.h5")):
            if file_sha256(path) == sha256:
                return path.name.removesuffix(f".{role}.h5")
    return ""
