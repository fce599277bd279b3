"""The command `tlgan`: read, convert, orthogonalise and compare axis files, edit latents.

What the commands need is imported inside them, so that `tlgan --help` costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlgan.cli.error_handler import run_command
from tlgan.cli.terminal import print_json, print_table
from tlgan.errors import UserError
from tlgan.version import __version__

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

FORMATS = ["tlgan", "interfacegan", "tlgan-pickle", "npz", "safetensors", "csv", "json"]
FILE = click.Path(path_type=Path)


def main() -> None:
    """Entry point of the console command."""
    sys.exit(run_command(tlgan, "tlgan"))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tlgan")
def tlgan() -> None:
    """Work with feature axes of a generator's latent space.

    FILE may have any format that `tlgan convert` knows; the end of its name says which.
    """


@tlgan.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
def show(file: Path, as_json: bool) -> None:
    """List the axes of FILE: slopes, angular errors, scores, cosines with the raw axes.

    \b
    Example:
      tlgan show runs/celeba64/axes/celeba64.axes.h5
    """
    from tlgan.cli.tables import axes_records, axes_table

    axes = _load(file)
    if as_json:
        print_json(axes_records(axes))
    else:
        print_table(axes_table(axes))


@tlgan.command()
@click.argument("sources", nargs=-1, required=True, type=FILE)
@click.argument("destination", type=FILE)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Format of DESTINATION; else its end says it."
)
@click.option(
    "--from", "source_form", type=click.Choice(FORMATS), help="Format of SOURCES; else their ends say it."
)
@click.option(
    "--latent-space", type=click.Choice(["sphere", "normal", "uniform"]), help="For sources that do not say."
)
@click.option("--generator", help="Name of the generator, in place of what the sources say.")
@click.option(
    "--layers", type=click.IntRange(min=1), default=1, help="Layers of W+ boundaries to write (interfacegan)."
)
def convert(
    sources: tuple[Path, ...],
    destination: Path,
    form: str | None,
    source_form: str | None,
    latent_space: str | None,
    generator: str | None,
    layers: int,
) -> None:
    """Convert SOURCES, merged, to DESTINATION; say what is lost.

    Formats: the axis file (.h5), InterFaceGAN boundaries (.npy files or a folder), the original TL-GAN
    pickle (.pkl; nothing in it is run), .npz, .safetensors, .csv and .json.

    \b
    Examples:
      tlgan convert pggan_celebahq_smile_boundary.npy pggan_celebahq_age_boundary.npy faces.axes.h5
      tlgan convert faces.axes.h5 boundaries --format interfacegan
    """
    from tlgan.formats.import_export import export_axes, import_axes

    axes, notes = import_axes(sources, source_form, latent_space=latent_space, generator=generator)
    _note(notes)
    _note(f"{destination.name}: {remark}" for remark in export_axes(axes, destination, form, layers=layers))
    click.echo(f"{destination}: {len(axes)} axes of {axes.latent_dim} dimensions")


@tlgan.command()
@click.argument("file", type=FILE)
@click.option(
    "--base", multiple=True, help="Names that the others are made orthogonal to, in order: A,B or repeated."
)
@click.option(
    "--method",
    type=click.Choice(["project", "gram-schmidt", "lowdin", "none"]),
    default="project",
    show_default=True,
    help="Off the base only; all in order, base first; all symmetric; or back to the raw axes.",
)
@click.option(
    "--drop-collinear", is_flag=True, help="Drop axes that depend on those before them, in place of refusing."
)
@click.option("-o", "--output", required=True, type=FILE, help="File to write.")
def orthogonalize(file: Path, base: tuple[str, ...], method: str, drop_collinear: bool, output: Path) -> None:
    """Make the axes of FILE orthogonal, always from the raw axes.

    \b
    Example:
      tlgan orthogonalize faces.axes.h5 --base Male,Young -o faces-orthogonal.axes.h5
    """
    import warnings

    import numpy as np

    from tlgan.axes.orthogonalize import CollinearAxesWarning, orthogonalize_axes
    from tlgan.editing.parse_changes import split_names
    from tlgan.formats.import_export import export_axes

    axes = _load(file)
    names = split_names(axes, base)
    if method == "project" and not names:
        raise UserError(
            "`--base` must name at least one axis for the method project. Got none; see `tlgan show`."
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CollinearAxesWarning)
        result = orthogonalize_axes(axes, names, method=method, drop_collinear=drop_collinear)
    _note(str(warning.message) for warning in caught)
    _note(f"{output.name}: {remark}" for remark in export_axes(result, output))
    least = int(np.argmin(result.kept_cosines))
    click.echo(
        f"{output}: {len(result)} axes; cosine with the raw axes: median {np.median(result.kept_cosines):.3f}, "
        f"least {result.kept_cosines[least]:.3f} ({result.names[least]})"
    )


@tlgan.command()
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="NAME=NAME",
    help="An axis of FIRST and the one of SECOND to compare it with, where names differ; repeatable.",
)
@click.option("--raw", is_flag=True, help="Compare the raw axes in place of the orthogonalised.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
def compare(first: Path, second: Path, pairs: tuple[str, ...], raw: bool, as_json: bool) -> None:
    """Print the angle between axes of the same name with its standard error, and each one's nearest.

    "By labellers" is the part of that error that is the labellers' mistakes; "two of one axis" is the angle that two
    estimates with all these errors have where the axis is one.

    \b
    Example:
      tlgan compare faces.axes.h5 pggan_celebahq_smile_boundary.npy --pair Smiling=smile
    """
    from tlgan.axes.compare import compare_axes, parse_pairs
    from tlgan.cli.tables import comparison_records, comparison_table
    from tlgan.formats.axis_file import check_generator

    left, right = _load(first), _load(second)
    rows = compare_axes(left, right, raw=raw, pairs=parse_pairs(left, right, pairs))
    of_right = {"latent_space": right.latent_space, "generator_sha256": right.generator_sha256}
    differences = check_generator(left, latent_dim=right.latent_dim, **of_right, force=True)
    _note(f"the files are for different generators: {difference}" for difference in differences)
    if as_json:
        print_json(comparison_records(rows))
    else:
        print_table(comparison_table(rows, first.name, second.name))
    for path, alone in (
        (first, [row.name for row in rows if not row.second_name]),
        (second, [row.name for row in rows if row.second_name and not row.nearest_in_second]),
    ):
        if alone:
            _note(
                [f"{path.name}: without a partner: {', '.join(alone)} (--pair NAME=NAME pairs other names)"]
            )


@tlgan.command()
@click.argument("file", type=FILE)
@click.option("--latent", required=True, type=FILE, help="Latents to edit: .npy of shape (D,) or (N, D).")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=±X",
    help="Change by so many label units, Smiling=+2, or bring to a probability (or value), Smiling=0.9.",
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    metavar="NAME=X",
    help="Bring to a value, Age=40, or a probability, Smiling=90%.",
)
@click.option("--lock", "locks", multiple=True, metavar="NAME", help="Leave unchanged; A,B or repeated.")
@click.option(
    "--free-base",
    is_flag=True,
    help="With --method straight: let the base of orthogonalised axes follow; else it holds where not edited.",
)
@click.option(
    "--method",
    type=click.Choice(["local", "straight"]),
    help="local: short steps along the gradient of the file's regressor; straight: one move along the axis. "
    "Else local where the file has a regressor.",
)
@click.option(
    "--strictness",
    type=float,
    default=1.0,
    show_default=True,
    help="With --method local: how much the other attributes are held; 10 is strict.",
)
@click.option(
    "-o", "--output", required=True, type=FILE, help="File to write: .npy, float64, shape of the input."
)
def edit(
    file: Path,
    latent: Path,
    changes: tuple[str, ...],
    targets: tuple[str, ...],
    locks: tuple[str, ...],
    free_base: bool,
    method: str | None,
    strictness: float,
    output: Path,
) -> None:
    """Edit latents in label units, so that locked attributes stay and the others change little.

    \b
    Example:
      tlgan edit faces.axes.h5 --latent z.npy --set Smiling=+2 --lock Male -o smiling.npy
    """
    import numpy as np

    from tlgan.cli.tables import edit_table
    from tlgan.editing.edit_texts import EditTexts, edit_by_texts
    from tlgan.editing.parse_changes import read_latents
    from tlgan.latents.geometry import angles_between, normalize_latents
    from tlgan.storage.npy import write_npy

    axes = _load(file)
    given = read_latents(latent)
    start = normalize_latents(given.reshape(-1, given.shape[-1]), axes.latent_space)
    asked = edit_by_texts(axes, start, EditTexts(changes, targets, locks, free_base, method, strictness))
    moved = asked.edited.latents
    write_npy(output, moved.reshape(given.shape))
    _note(asked.edited.sentences)
    print_table(edit_table(axes, asked.before, asked.after, asked.roles))
    click.echo(
        f"{output}: {len(moved)} latent(s), moved by {np.mean(angles_between(start, moved)):.2f} degrees"
    )


def _load(path: Path) -> Axes:
    from tlgan.formats.import_export import import_axes

    axes, notes = import_axes([path])
    _note(notes)
    return axes


def _note(notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(f"Note: {note}", err=True)
