"""Import and export axes in the formats of other tools."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlgan.axes.axes import Axes
from tlgan.axes.merge import merge_axes
from tlgan.axes.names import check_choice
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes, write_axes
from tlgan.formats.columns import NAMES_AND_DIRECTIONS, ImportedAxes
from tlgan.formats.csv_file import read_csv, write_csv
from tlgan.formats.interfacegan import UNNAMED, read_interfacegan, write_interfacegan
from tlgan.formats.json_file import read_json, write_json
from tlgan.formats.npz_file import read_npz, write_npz
from tlgan.formats.original_pickle import read_original_pickle, write_original_pickle
from tlgan.formats.safetensors_file import read_safetensors, write_safetensors

Reader = Callable[[Path, str | None], ImportedAxes]
Writer = Callable[[Axes, Path], list[str]]


@dataclass(frozen=True)
class AxisFormat:
    """A format: the suffixes of its file names, its reader and its writer."""

    suffixes: tuple[str, ...]
    read: Reader
    write: Writer


def _read_tlgan(path: Path, latent_space: str | None) -> ImportedAxes:
    axes = read_axes(path)
    if latent_space not in (None, axes.latent_space):
        raise UserError(
            f"{path}: says that its latent space is {axes.latent_space!r}, you say {latent_space!r}."
        )
    return ImportedAxes(axes, [])


def _write_tlgan(axes: Axes, path: Path) -> list[str]:
    write_axes(axes, path)
    return []


FORMATS = {
    "tlgan": AxisFormat((".h5", ".hdf5"), _read_tlgan, _write_tlgan),
    "interfacegan": AxisFormat((".npy",), read_interfacegan, write_interfacegan),
    "tlgan-pickle": AxisFormat((".pkl", ".pickle"), read_original_pickle, write_original_pickle),
    "npz": AxisFormat((".npz",), read_npz, write_npz),
    "safetensors": AxisFormat((".safetensors",), read_safetensors, write_safetensors),
    "csv": AxisFormat((".csv",), read_csv, write_csv),
    "json": AxisFormat((".json",), read_json, write_json),
}


def format_of(path: str | os.PathLike[str]) -> str:
    """Tell the format from the suffix of a file name; a folder or no suffix is "interfacegan".

    Raises
    ------
    UserError
        For an end that no format has.
    """
    path = Path(path)
    if path.is_dir() or not path.suffix:
        return "interfacegan"
    for name, form in FORMATS.items():
        if path.suffix.lower() in form.suffixes:
            return name
    known = ", ".join(suffix for form in FORMATS.values() for suffix in form.suffixes)
    raise UserError(
        f"{path}: no format has the end {path.suffix!r}; take one of {known}, or name the format. "
        f"{NAMES_AND_DIRECTIONS}"
    )


def import_axes(
    sources: Sequence[str | os.PathLike[str]],
    format: str | None = None,
    *,
    latent_space: str | None = None,
    generator: str | None = None,
) -> ImportedAxes:
    """Import axes from one or several files: .h5, .npy, .npz, .safetensors, .csv, .json or .pkl.

    Parameters
    ----------
    sources : sequence of paths
        Several are merged, in order. A folder stands for its ``*.npy`` files in order of their names, or, where
        it has none, for the ``boundary.npy`` of each of its folders.
    format : str, optional
        Of all sources; by default each source's end says it.
    latent_space : str, optional
        "sphere" or "normal", for sources that do not say.
    generator : str, optional
        Name of the generator, in place of what the sources say.

    Returns
    -------
    ImportedAxes
        A pair (axes, notes); each note begins with the file's name.

    Raises
    ------
    UserError
        Where a source cannot be read, or the sources do not belong together.

    Examples
    --------
    >>> from tlgan import axes_from_directions, export_axes, import_axes
    >>> axes = axes_from_directions(["Smiling"], [[3, 4]], latent_space="sphere")
    >>> _ = export_axes(axes, "smiling.csv")
    >>> imported = import_axes(["smiling.csv"], generator="mine")
    >>> imported.axes.names, imported.axes.generator, imported.notes
    (('Smiling',), 'mine', [])
    """
    if format is not None:
        check_choice("`format`", format, tuple(FORMATS))
    paths = [path for source in sources for path in _files(Path(source))]
    parts: list[Axes] = []
    remarked: dict[str, list[str]] = {}
    named: dict[str, Path] = {}
    for path in paths:
        axes, remarks = FORMATS[format or format_of(path)].read(path, latent_space)
        parts.append(axes if generator is None else dataclasses.replace(axes, generator=generator))
        for name in axes.names:
            if named.setdefault(name, path) != path:
                raise UserError(
                    f"{path}: must have axes of other names than {named[name]}. Both have {name!r}; rename one."
                )
        for remark in remarks:
            remarked.setdefault(remark, []).append(_shown(path))
    notes = [
        f"{files[0]}{f' and {len(files) - 1} more' if len(files) > 1 else ''}: {remark}"
        for remark, files in remarked.items()
    ]
    return ImportedAxes(merge_axes(parts, [_shown(path) for path in paths]), notes)


def export_axes(
    axes: Axes, destination: str | os.PathLike[str], format: str | None = None, *, layers: int = 1
) -> list[str]:
    """Export axes to .h5, .npy, .npz, .safetensors, .csv, .json or .pkl.

    Parameters
    ----------
    axes : Axes
    destination : path
        A file; for "interfacegan" a folder, or a ``.npy`` file for a single axis.
    format : str, optional
        By default the end of `destination` says it.
    layers : int
        For "interfacegan": layers of a W+ boundary.

    Returns
    -------
    list of str
        What the format loses of these axes.

    Raises
    ------
    UserError
        For an unknown format, or where the file cannot be written.

    Examples
    --------
    >>> from tlgan import axes_from_directions, export_axes
    >>> axes = axes_from_directions(["Age"], [[0, 2]], latent_space="normal", generator="mine")
    >>> export_axes(axes, "age.json")
    []
    >>> export_axes(axes, "age.pkl")
    ['lost: latent space, generator']
    """
    if format is not None:
        check_choice("`format`", format, tuple(FORMATS))
    form = format or format_of(destination)
    if form == "interfacegan":
        return write_interfacegan(axes, Path(destination), layers)
    if layers != 1:
        raise UserError(f"`layers` is for the format interfacegan. Got {layers} for {form}; leave it out.")
    return FORMATS[form].write(axes, Path(destination))


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = sorted(source.glob("*.npy")) or sorted(
        path for path in source.glob("*/*.npy") if path.stem.lower() in UNNAMED
    )
    if not found:
        raise UserError(f"{source}: the folder has no .npy file; name a file.")
    return found


def _shown(path: Path) -> str:
    """A file's name in a message, with its folder where the name alone says nothing."""
    return f"{path.absolute().parent.name}/{path.name}" if path.stem.lower() in UNNAMED else path.name
