"""How near photographs come as latents of the committed generator: encoder, search, pivotal tuning.

    python -m benchmarks.inversion [--count 200] [--searched 40] [--tuned 16] [--utkface FOLDER]   # an hour

Photographs of CelebA's test people of the default recipe, one of each, and of UTKFace where `--utkface` names it,
whom no training saw; 64×64. Encoded are `--count` of each set; `--searched` of these, spread over them, are also
searched for, and for the first `--tuned` of these the generator is tuned. Prints, for each way, PSNR, the judge's
feature distance, the identity distance, the share that the recogniser of `make face-api` takes for the same person,
with its 95 % interval (Wilson 1927), and seconds a photograph. The search compares features of the labeller; judge
and recogniser have no part in it. "another face" is the photograph of the next person: what a share of same persons
is worth. "drawn faces" are the generator's own pictures searched for in the same way: where a search finds these and
not a photograph, the generator bounds it. Seconds of a search and of a tuning, which comes on top, count compilation;
photographs are searched for eight at a time, and encoded one at a time. TLGAN_CELEBA says where CelebA is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table, share_text

if TYPE_CHECKING:
    from pipelines.inversion.open_inverter import OpenedInverter

RECIPE, ROWS, STARTS = "celeba64", 8, 4
MARGIN = 60  # pixels around photographs of UTKFace
HEADERS = ["photographs", "way", "PSNR", "features", "identity", "same person", "objective", "seconds each"]


def read_celeba(count: int, resolution: int) -> np.ndarray:
    """The first photograph of each of so many test people, uint8 (n, R, R, 3)."""
    from data.images.decode import read_chunks
    from data.images.splits import split_by_identity
    from pipelines.recipe.load import load_recipe
    from pipelines.sources.datasets import faces_source

    recipe = load_recipe(RECIPE)
    photographs = faces_source(recipe).open()
    rows = np.flatnonzero(split_by_identity(photographs.identity, recipe.data.split, recipe.data.seed) == 2)
    _, first = np.unique(photographs.identity[rows], return_index=True)
    chosen = photographs.select(rows[np.sort(first)][:count])
    return np.concatenate([images for _, images in read_chunks(chosen, resolution)])


def read_utkface(path: Path, count: int, resolution: int) -> np.ndarray:
    """Photographs spread over UTKFace, aligned as CelebA's where a face is found.

    They are cut nearer to the face than CelebA's square; around them, their edge repeats.
    """
    from data.images.decode import decode
    from data.readers.utkface import open_utkface
    from pipelines.sources.photographs import align_face, search_photograph
    from tlgan.errors import UserError

    images, crops = open_utkface(path), []
    for row in np.linspace(0, len(images) - 1, 2 * count).astype(int):
        try:
            pixels = np.asarray(decode(images.read(row)))
            photograph = search_photograph(np.pad(pixels, ((MARGIN, MARGIN),) * 2 + ((0, 0),), mode="edge"))
            if photograph.faces is not None:
                crops.append(align_face(photograph, 1, resolution).crop)
        except UserError:
            continue
        if len(crops) == count:
            break
    return np.stack(crops)


Find = Callable[[slice], tuple[np.ndarray, np.ndarray | None]]


def row_of(opened: OpenedInverter, photographs: np.ndarray, names: tuple[str, str], find: Find) -> list[str]:
    """A row of the table.

    Parameters
    ----------
    find : callable, rows of the photographs to what is drawn of them, and the objective where there is one
    """
    from pipelines.inversion.likeness import measure_likeness

    began = time.perf_counter()
    parts = [find(slice(start, start + ROWS)) for start in range(0, len(photographs), ROWS)]
    seconds = (time.perf_counter() - began) / len(photographs)
    drawn = np.concatenate([pictures for pictures, _ in parts])
    objectives = [objective for _, objective in parts if objective is not None]
    likeness = measure_likeness(photographs, drawn, opened.judge, opened.recogniser)

    def mean(name: str, form: str) -> str:
        values = [value for one in likeness if (value := getattr(one, name)) is not None]
        return format(np.mean(values), form) if values else "–"

    return [
        *names,
        mean("psnr", ".1f"),
        mean("feature_distance", ".3f"),
        mean("identity_distance", ".3f"),
        share_text([one.same_person for one in likeness if one.same_person is not None]),
        f"{np.concatenate(objectives).mean():.2f}" if objectives else "–",
        f"{seconds:.2g}",
    ]


def rows_of(
    opened: OpenedInverter, photographs: np.ndarray, title: str, steps: int, searched: int, tuned: int
) -> Iterator[list[str]]:
    """Rows of a set of photographs, uint8 (n, R, R, 3); n, `searched` and `tuned` are multiples of `ROWS`."""
    from models.inversion.inverter import SearchOptions

    if opened.inverter.encoder is not None:
        yield encoder_row(opened, photographs, title)
    others = np.roll(photographs, 1, axis=0)
    yield row_of(opened, photographs, (title, "another face"), lambda part: (others[part], None))
    if not searched:
        return
    chosen = photographs[np.linspace(0, len(photographs) - 1, min(searched, len(photographs))).astype(int)]
    latents: dict[int, np.ndarray] = {}  # the last that were found, by the first row

    def search(part: slice) -> tuple[np.ndarray, np.ndarray]:
        found = opened.inverter(chosen[part], SearchOptions(steps, STARTS))
        latents[part.start] = found.latents
        return opened.inverter.objective.generator(found.latents), found.distances

    yield row_of(opened, chosen, (title, "search"), search)
    if tuned:
        yield row_of(opened, chosen[:tuned], (title, "tuned"), tuning(opened, chosen, latents))


def encoder_row(opened: OpenedInverter, photographs: np.ndarray, title: str) -> list[str]:
    """The row of what the encoder finds, one photograph at a time as in use."""
    encoder, objective = opened.inverter.encoder, opened.inverter.objective
    assert encoder is not None
    encoder(photographs[:1])  # compiles
    began = time.perf_counter()
    encoded = np.concatenate([encoder(row[None]) for row in photographs])
    seconds = (time.perf_counter() - began) / len(photographs)
    parts = range(0, len(photographs), ROWS)
    distances = np.concatenate(
        [
            objective.measure(
                encoded[start : start + ROWS], objective.describe(photographs[start : start + ROWS])
            )
            for start in parts
        ]
    )
    drawn = objective.generator(encoded)
    row = row_of(opened, photographs, (title, "encoder"), lambda part: (drawn[part], distances[part]))
    return [*row[:-1], f"{seconds:.2g}"]


def tuning(opened: OpenedInverter, photographs: np.ndarray, latents: Mapping[int, np.ndarray]) -> Find:
    """Tune the generator for each photograph, at the latent that the search found."""
    import tempfile

    from models.inversion.pivotal_tuning import tune_generator, write_tuned_generator
    from models.loaders.generator import load_generator

    def find(part: slice) -> tuple[np.ndarray, None]:
        drawn = []
        for crop, latent in zip(photographs[part], latents[part.start], strict=True):
            tuned = tune_generator(RECIPE, opened.inverter.objective, crop, latent)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "tuned.generator.h5"
                write_tuned_generator(path, tuned)
                drawn.append(load_generator(path, batch=1)(latent[None])[0])
        return np.stack(drawn), None

    return find


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("inversion", __doc__)
    parser.add_argument("--count", type=int, default=200, help="photographs of each set")
    parser.add_argument("--steps", type=int, default=200, help="of a search")
    parser.add_argument("--searched", type=int, default=40, help="photographs of each set to search for")
    parser.add_argument("--tuned", type=int, default=16, help="photographs for which the generator is tuned")
    parser.add_argument("--utkface", type=Path, help="folder or archive of UTKFace")
    options = parser.parse_args(arguments)
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models import load_generator
    from pipelines.inversion.open_inverter import open_inverter
    from pipelines.recipe.load import load_recipe
    from tlgan.latents.sampling import draw_latents

    generator = load_generator(RECIPE)
    opened = open_inverter(load_recipe(RECIPE), generator)
    for note in opened.notes:
        print(note)
    count, searched, tuned = (
        number // ROWS * ROWS for number in (max(ROWS, options.count), options.searched, options.tuned)
    )
    sets = {"CelebA": read_celeba(count, generator.resolution)}
    if options.utkface is not None:
        sets["UTKFace"] = read_utkface(options.utkface, count, generator.resolution)
    print(markdown_table(HEADERS, []), flush=True)
    for title, photographs in sets.items():
        whole = photographs[: len(photographs) // ROWS * ROWS]
        print_rows(rows_of(opened, whole, title, options.steps, searched, tuned))
    if searched:
        latents = draw_latents(0, searched, generator.latent_dim, space=generator.latent_space, seed=5)
        print_rows(rows_of(opened, generator(latents), "drawn faces", options.steps, searched, 0))


def print_rows(rows: Iterator[list[str]]) -> None:
    """Print rows of the table as they come; the whole takes an hour."""
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
