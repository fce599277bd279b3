"""Read and write the axis file: HDF5, format "tlgan.axes" version 1 (docs/axis-file.md).

The reader trusts nothing: every heap of texts must be whole, every link hard, every dataset plain and inside
the file, every shape and type as documented and below a limit, before a byte of data is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tlgan.axes.axes import OPTIONAL_NUMBERS, PER_AXIS_NUMBERS, Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.names import MAX_AXES
from tlgan.errors import UserError
from tlgan.formats.hdf5_fields import (
    plain_dataset,
    read_int_attribute,
    read_numbers,
    read_text_attribute,
    read_texts,
    refuse_links,
    write_texts,
)
from tlgan.formats.regressor_group import GROUP, read_regressor, write_regressor
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import check_size, reading, replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.hdf5_validation import check_unfolded_size, heaps_are_sound
from tlgan.version import __version__

FORMAT = "tlgan.axes"
FORMAT_VERSION = 1
MAX_VALUES = 2**25  # of one matrix: 256 MiB of float64
MAX_BYTES = 2**30  # of a file
DAMAGED = "Fetch it or write it again."

MATRICES = ("directions", "raw_directions")
TEXTS = ("names", "units", "kinds")
TEXT_ATTRIBUTES = ("latent_space", "generator", "generator_sha256", "method", "base")


def write_axes(
    axes: Axes,
    path: str | os.PathLike[str],
    *,
    attributes: Mapping[str, str | int | float] | None = None,
) -> None:
    """Write an axis file, whole or not at all; the same axes give the same bytes.

    Parameters
    ----------
    axes : Axes
    path : path
        By custom ``*.axes.h5``. An existing file is replaced.
    attributes : mapping, optional
        Further root attributes (a pipeline's fingerprint, say); the reader ignores them.

    Raises
    ------
    UserError
        Where the file cannot be written, or an attribute has a name of the format's own.

    Examples
    --------
    >>> from tlgan import axes_from_directions, read_axes, write_axes
    >>> axes = axes_from_directions(["Smiling"], [[3, 4]], latent_space="sphere")
    >>> write_axes(axes, "smiling.axes.h5")
    >>> read_axes("smiling.axes.h5").names
    ('Smiling',)
    """
    own: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "tlgan_version": __version__,
        "latent_dim": axes.latent_dim,
        "latent_space": axes.latent_space,
        "generator": axes.generator,
        "generator_sha256": axes.generator_sha256,
        "method": axes.method,
        "base": json.dumps(list(axes.base), ensure_ascii=False),
    }
    for name in attributes or {}:
        if name in own and name != "tlgan_version":
            raise UserError(f"`attributes` may not replace the format's own {name!r}; leave it out.")
    with replacing(path) as partial, writing_hdf5(partial) as file:
        file.attrs.update({**own, **(attributes or {})})
        for field in MATRICES + PER_AXIS_NUMBERS:
            values = getattr(axes, field)
            if field not in OPTIONAL_NUMBERS or not np.isnan(values).all():
                file.create_dataset(field, data=values, dtype="<f8")
        file.create_dataset("n_samples", data=axes.n_samples, dtype="<i8")
        for field in TEXTS:
            write_texts(file, field, getattr(axes, field))
        if isinstance(axes.regressor, LatentRegressor):
            write_regressor(axes.regressor, file)


def read_axes(path: str | os.PathLike[str]) -> Axes:
    """Read an axis file; nothing else is opened, whatever the file refers to.

    Parameters
    ----------
    path : path
        A file in the format "tlgan.axes", version 1.

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        Where the file is missing, of another format, of a newer version, has links or storage outside
        itself, or a wrong or oversized shape or type. The message starts with the path.

    Examples
    --------
    >>> from tlgan import axes_from_directions, read_axes, write_axes
    >>> write_axes(axes_from_directions(["Age"], [[0, 2]], latent_space="normal"), "age.axes.h5")
    >>> axes = read_axes("age.axes.h5")
    >>> axes.directions.tolist(), axes.latent_space
    ([[0.0, 1.0]], 'normal')
    """
    path = Path(path)
    # h5py reports damage with any of these.
    damage = (RuntimeError, ValueError, KeyError, TypeError)
    remedy = "other formats come in through `tlgan convert`."
    with reading(path, "an axis file", *damage, remedy=remedy):
        check_size(path, MAX_BYTES)
        with reading_hdf5(path, DAMAGED) as file:
            return _read(file)


def check_generator(
    axes: Axes,
    *,
    latent_dim: int,
    latent_space: str,
    generator_sha256: str,
    path: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> tuple[str, ...]:
    """Refuse axes that were made for another generator; the message has both values.

    Parameters
    ----------
    axes : Axes
    latent_dim, latent_space, generator_sha256
        Of the generator at hand. A hash that either side does not know ("") is not compared.
    path : path, optional
        Of the axis file, for the message.
    force : bool
        Return the differences in place of raising.

    Returns
    -------
    tuple of str
        One sentence per difference; empty where everything agrees.

    Raises
    ------
    UserError
        Where something differs and `force` is false.

    Examples
    --------
    >>> from tlgan import axes_from_directions, check_generator
    >>> axes = axes_from_directions(["Age"], [[0, 2]], latent_space="normal")
    >>> check_generator(axes, latent_dim=2, latent_space="normal", generator_sha256="")
    ()
    >>> check_generator(axes, latent_dim=3, latent_space="normal", generator_sha256="", force=True)
    ('latent size: the axes are for 2, the generator has 3',)
    """
    pairs: list[tuple[str, object, object]] = [
        ("latent size", axes.latent_dim, latent_dim),
        ("latent space", axes.latent_space, latent_space),
    ]
    known = axes.generator_sha256 or (axes.regressor.generator_sha256 if axes.regressor else "")
    if known and generator_sha256:
        pairs.append(("weights (SHA-256)", known, generator_sha256))
    differences = tuple(
        f"{what}: the axes are for {for_axes}, the generator has {at_hand}"
        for what, for_axes, at_hand in pairs
        if for_axes != at_hand
    )
    if differences and not force:
        subject = f"{path}: the" if path is not None else "The"
        raise UserError(
            f"{subject} axes do not belong to this generator ({'; '.join(differences)}). "
            "Fit axes for it, take the generator they were fitted on, or force it."
        )
    return differences


def _read(file: h5py.File) -> Axes:
    if not heaps_are_sound(file):
        raise UserError("is damaged where its texts lie; fetch it or write it again.")
    form = read_text_attribute(file, "format") if "format" in file.attrs else None
    if form != FORMAT:
        found = "no `format` attribute" if form is None else f"format {form!r}"
        there = ", ".join(name[:60] for name in list(file)[:12]) or "nothing"
        remedy = "`tlgan convert` takes a .npz with `names` and `directions`."
        raise UserError(f"must have format {FORMAT!r}. Got {found}; it has {there}. {remedy}")
    version = read_int_attribute(file, "format_version")
    if not 1 <= version <= FORMAT_VERSION:
        raise UserError(
            f"has format version {version}; this tlgan ({__version__}) reads up to {FORMAT_VERSION}. "
            "Upgrade tlgan."
        )
    refuse_links(file)
    attributes = {name: read_text_attribute(file, name) for name in TEXT_ATTRIBUTES}
    latent_dim = read_int_attribute(file, "latent_dim")
    listed = plain_dataset(file, "names").shape
    n_axes = listed[0] if len(listed) == 1 else -1
    if not (1 <= n_axes <= MAX_AXES and latent_dim >= 1 and n_axes * latent_dim <= MAX_VALUES):
        raise UserError(
            f"must declare 1 to {MAX_AXES} axes of at most {MAX_VALUES} values together. "
            f"Got {n_axes} axes of {latent_dim}."
        )
    present = [name for name in PER_AXIS_NUMBERS if name not in OPTIONAL_NUMBERS or name in file]
    fields = (*MATRICES, *present, "n_samples", *TEXTS)
    check_unfolded_size(file, [plain_dataset(file, name) for name in fields])
    numbers = {name: read_numbers(file, name, (n_axes, latent_dim)) for name in MATRICES}
    numbers |= {name: read_numbers(file, name, (n_axes,)) for name in present}
    numbers["n_samples"] = read_numbers(file, "n_samples", (n_axes,), "i8")
    texts = {name: read_texts(file, name, n_axes) for name in TEXTS}
    base = _base(attributes.pop("base"))
    regressor = read_regressor(file, latent_dim) if GROUP in file else None
    return Axes(**numbers, **texts, **attributes, base=base, regressor=regressor)  # type: ignore[arg-type]


def _base(text: str) -> list[str]:
    try:
        base = parse_json(text)
    except UserError:
        base = None
    if not isinstance(base, list) or not all(isinstance(name, str) for name in base):
        raise UserError(f"attribute 'base' must be a JSON list of names. Got {text!r:.80}.")
    return base
