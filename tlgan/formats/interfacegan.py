"""InterFaceGAN boundaries: one .npy per attribute, shape (1, D), unit length (Shen et al. 2020).

File names carry what the arrays do not. Read are ``<generator>_<attribute>_boundary.npy`` (the generator
of the published files has two parts, ``pggan_celebahq_smile_boundary.npy``, and ``_w`` before
``_boundary`` marks StyleGAN's W space) and ``<generator>_<space>/boundary_<attribute>.npy``; any other
name is the attribute's. A file named ``boundary.npy``, as InterFaceGAN's own training writes it, is named by
its folder: ``pggan_celebahq_age/boundary.npy``.

An axis that is orthogonal to others is named as InterFaceGAN names it, ``age_c_gender`` (conditioned on).
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.names import check_file_name_part
from tlgan.errors import UserError
from tlgan.formats.columns import ImportedAxes, choose_latent_space, length_notes, lost_fields
from tlgan.limits.value_count import most_values
from tlgan.storage.atomic_files import reading
from tlgan.storage.npy import read_npy, write_npy

UNKNOWN_GENERATOR = "unknown"
_PUBLISHED = re.compile(r"(?P<generator>(?:pggan|stylegan\d?)_[^_]+)_(?P<attribute>.+?)(?P<w>_w)?_boundary")
_PLAIN = re.compile(r"(?P<generator>[^_]+)_(?P<attribute>.+)_boundary")
_IN_FOLDER = re.compile(r"boundary_(?P<attribute>.+)")
_FOLDER = re.compile(r"(?P<generator>.+)_(?P<space>z|w|wp)")
# Names of files that say nothing about the attribute; the folder's name does.
UNNAMED = ("boundary", "direction", "axis", "vector")
KIND_NOT_STATED = "kind not stated: taken as 'binary', for a boundary parts yes from no"


def read_interfacegan(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read one axis from a boundary file of shape (1, D), (D,) or, for W+, (L, D).

    A W+ boundary becomes one direction of L*D values, layer by layer; the latents to edit with it are
    the W+ codes laid out the same way (``codes.reshape(n, L * D)``).

    Returns
    -------
    ImportedAxes
        One binary axis, its slope unknown.

    Raises
    ------
    UserError
        Where the file has another content; arrays of objects are refused unread.
    """
    attribute, generator, named_space = _parse_name(path)
    with reading(path, "an InterFaceGAN boundary", ValueError, EOFError):
        with path.open("rb") as file:
            boundary = read_npy(file, "the boundary", "f", most_values(path.stat().st_size))
        if boundary.ndim not in (1, 2):
            raise UserError(f"the boundary must have shape (1, D), (D,) or (L, D). Got {boundary.shape}.")
        notes = []
        if boundary.ndim == 2 and len(boundary) > 1:
            layers, width = boundary.shape
            named_space = "normal"
            notes.append(
                f"W+ boundary: {layers} layers of {width} joined to one axis of {boundary.size} values "
                f"(`tlgan convert --layers {layers}` writes them apart again). {layers} axes of {width} come in as a "
                ".npz with `names` and `directions`"
            )
        space, space_notes = choose_latent_space(named_space, latent_space)
        row = np.asarray(boundary, np.float64).reshape(1, -1)
        axes = axes_from_directions([attribute], row, latent_space=space, generator=generator)
        notes += [*space_notes, *length_notes(row), KIND_NOT_STATED]
        return ImportedAxes(dataclasses.replace(axes, kinds=("binary",)), notes)


def write_interfacegan(axes: Axes, destination: Path, layers: int = 1) -> list[str]:
    """Write ``<generator>_<attribute>_boundary.npy`` per axis, float64, into a folder.

    An axis that was made orthogonal to the base becomes ``<generator>_<attribute>_c_<base>_boundary.npy``.

    Parameters
    ----------
    axes : Axes
    destination : Path
        A folder (made where missing); for a single axis also the name of a .npy file.
    layers : int
        Write shape (layers, latent_dim / layers), for W+; 1 gives (1, latent_dim).

    Returns
    -------
    list of str
        What is lost.

    Raises
    ------
    UserError
        Where a name cannot be part of a file name, or `layers` does not divide the latent size.
    """
    if layers < 1 or axes.latent_dim % layers:
        raise UserError(f"`layers` must divide the latent size ({axes.latent_dim}). Got {layers}.")
    notes = lost_fields(axes, ["generator"], kind="binary")
    generator = axes.generator or UNKNOWN_GENERATOR
    if "_" in generator and not _PUBLISHED.fullmatch(f"{generator}_x_boundary"):
        generator = generator.replace("_", "-")
    if generator != (axes.generator or UNKNOWN_GENERATOR):
        notes.append(f"generator written as {generator!r}: the first '_' of a file name ends the generator")
    if destination.suffix == ".npy":
        if len(axes) != 1:
            raise UserError(f"{destination}: one .npy holds one axis. Got {len(axes)}; name a folder.")
        targets = [destination]
    else:
        names = [name + condition for name, condition in zip(axes.names, _conditions(axes), strict=True)]
        targets = [destination / f"{_part(generator)}_{_part(name)}_boundary.npy" for name in names]
        _make_folder(destination)
        if axes.method not in ("none", "project"):
            notes.append(f"file names do not say that these are orthogonalised axes, by {axes.method}")
    for target, direction in zip(targets, axes.directions, strict=True):
        write_npy(target, direction.reshape(layers, -1))
    return notes


def _conditions(axes: Axes) -> list[str]:
    """What InterFaceGAN appends to the name of an axis that was made orthogonal to others: `_c_<base>`."""
    if axes.method != "project":
        return [""] * len(axes)
    suffix = f"_c_{'_'.join(axes.base)}"
    return [suffix if cosine < 1 - 1e-9 else "" for cosine in axes.kept_cosines]


class _FileName(NamedTuple):
    """What the name of a boundary file says; generator "" and latent space None where unknown."""

    attribute: str
    generator: str
    latent_space: str | None


def _parse_name(path: Path) -> _FileName:
    stem, folder = (unicodedata.normalize("NFC", name) for name in (path.stem, path.absolute().parent.name))
    if stem.lower() in UNNAMED and folder:
        return _parse_folder(folder.removesuffix("_boundary"))
    if match := _PUBLISHED.fullmatch(stem):
        return _published(match)
    if match := _PLAIN.fullmatch(stem):
        generator = "" if match["generator"] == UNKNOWN_GENERATOR else match["generator"]
        return _FileName(match["attribute"], generator, None)
    if match := _IN_FOLDER.fullmatch(stem):
        if parts := _FOLDER.fullmatch(folder):
            space = "sphere" if parts["space"] == "z" else "normal"
            return _FileName(match["attribute"], parts["generator"], space)
        return _FileName(match["attribute"], "", None)
    return _FileName(stem, "", None)


def _parse_folder(folder: str) -> _FileName:
    """What the name of a folder says that holds one boundary; whose generator is not known is all attribute."""
    if match := _PUBLISHED.fullmatch(f"{folder}_boundary"):
        return _published(match)
    match = _IN_FOLDER.fullmatch(folder)
    return _FileName(match["attribute"] if match else folder, "", None)


def _published(match: re.Match[str]) -> _FileName:
    # InterFaceGAN normalises z of both families before it moves it; W it leaves alone.
    return _FileName(match["attribute"], match["generator"], "normal" if match["w"] else "sphere")


def _part(name: str) -> str:
    try:
        check_file_name_part(name)
    except UserError as error:
        raise UserError(f"{error} Or choose another format.") from error
    return name


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made a folder ({error.strerror}); choose another name."
        ) from error
