"""How near aligned crops come to CelebA's own, on photographs turned and enlarged by known amounts.

    python -m benchmarks.face_alignment [--photographs 100] [--degrees 20] [--shares 200]       # minutes

Prints a table of errors, in pixels of CelebA's aligned photographs (178×218), and the share of photographs, of faces of
the committed generator and of drawn portraits, all 64×64, in which a face is found. TLGAN_CELEBA says where CelebA is;
the networks come with `make face-detector`.

Each aligned photograph is turned by up to ±20 degrees and enlarged 1.3 to 3 times. Truth is where that similarity
puts the template's eyes and corners of the mouth; the error is the mean distance from there to where the fitted
similarity puts them. It counts what CelebA's own alignment is off by as well. "From its upright crop" is the distance
between the fits to the turned and to the unturned photograph.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

if TYPE_CHECKING:
    from data.images.similarity import Similarity

POINTS = [0, 1, 3, 4]  # of the template: eyes and corners of the mouth
SCALES, MARGIN = (1.3, 3.0), 40  # enlargement; pixels around the turned photograph
GENERATOR = "celeba64"


@dataclass(frozen=True)
class Turned:
    """A photograph turned and enlarged, and the similarity that did so."""

    pixels: np.ndarray
    truth: Similarity


def read_photographs(folder: Path, count: int) -> Iterator[np.ndarray]:
    """Photographs spread evenly over CelebA, uint8 (218, 178, 3)."""
    from data.images.decode import decode
    from data.readers.celeba import open_celeba

    images = open_celeba(folder)
    for row in np.linspace(0, len(images) - 1, count).astype(int):
        yield np.asarray(decode(images.read(row)))


def turn(photograph: np.ndarray, random: np.random.Generator, degrees: float) -> Turned:
    """Turn and enlarge a photograph, at random, into a larger picture; around it, its edge repeats."""
    from data.images.similarity import Similarity, warp

    angle = np.deg2rad(random.uniform(-degrees, degrees))
    scale = random.uniform(*SCALES)
    height, width, _ = photograph.shape
    turned = Similarity(scale * np.exp(1j * angle), 0)
    corners = turned.points([(0, 0), (width, 0), (0, height), (width, height)])
    first, last = corners.min(axis=0) - MARGIN, corners.max(axis=0) + MARGIN
    truth = Similarity(1, -complex(*first)).after(turned)
    wide, high = np.ceil(last - first).astype(int).tolist()
    return Turned(warp(photograph, truth.inverse(), wide, high), truth)


def fits(pixels: np.ndarray, detector) -> dict[str, Similarity] | None:
    """Similarities from the aligned photograph to the largest face found, by name; None where there is none."""
    from data.images.alignment import TEMPLATE
    from data.images.similarity import Similarity, fit_similarity
    from data.readers.celeba import DEFAULT_CROP
    from pipelines.sources.photographs import Photograph, align_face

    faces = detector(pixels)
    if not len(faces):
        return None
    left, top, side, _ = DEFAULT_CROP
    to_square = Similarity(side, complex(left, top)).inverse()
    marks = faces.landmarks[0]
    return {
        "ours": align_face(Photograph(pixels, faces, detector)).placement.after(to_square),
        "first look alone": fit_similarity(marks, TEMPLATE).inverse(),
        "first look, eyes alone": fit_similarity(marks[:2], TEMPLATE[:2]).inverse(),
    }


def distance(first: Similarity, second: Similarity) -> float:
    """Mean distance of eyes and corners of the mouth under two similarities, in pixels before the second."""
    from data.images.alignment import TEMPLATE

    apart = first.points(TEMPLATE[POINTS]) - second.points(TEMPLATE[POINTS])
    return float(np.linalg.norm(apart, axis=1).mean() / second.scale)


def measure(folder: Path, count: int, degrees: float) -> tuple[dict[str, list[float]], int]:
    """Errors in pixels by row of the table, and the number of turned photographs without a face found."""
    from data.images.similarity import Similarity
    from models import load_face_detector

    detector, random = load_face_detector(), np.random.default_rng(0)
    errors: dict[str, list[float]] = {}
    missed = 0
    for photograph in read_photographs(folder, count):
        turned = turn(photograph, random, degrees)
        upright, found = fits(photograph, detector), fits(turned.pixels, detector)
        if upright is not None:
            errors.setdefault("not turned: ours", []).append(distance(upright["ours"], Similarity(1, 0)))
        if found is None:
            missed += 1
            continue
        for name, fit in found.items():
            errors.setdefault(f"turned: {name}", []).append(distance(fit, turned.truth))
        if upright is not None:
            back = turned.truth.after(upright["ours"])
            errors.setdefault("turned: ours, from its upright crop", []).append(distance(found["ours"], back))
    return errors, missed


def shares(folder: Path, count: int) -> dict[str, float]:
    """Share of 64×64 pictures with a face found: photographs, faces of the committed generator, drawn portraits."""
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from PIL import Image

    from data.images.decode import crop_and_shrink
    from data.readers.celeba import DEFAULT_CROP
    from data.synthetic.planted_axes import plant_axes
    from models import face_share, load_generator
    from tlgan.latents.sampling import draw_latents

    generator = load_generator(GENERATOR)
    drawn = generator(draw_latents(0, count, generator.latent_dim, space=generator.latent_space))
    crops = [
        crop_and_shrink(Image.fromarray(photograph), generator.resolution, DEFAULT_CROP)
        for photograph in read_photographs(folder, count)
    ]
    known = plant_axes(resolution=generator.resolution)
    portraits = known.generate(draw_latents(0, count, known.latent_dim, space="normal"))
    pictures = {"photographs": np.stack(crops), "generated faces": drawn, "drawn portraits": portraits}
    return {name: face_share(images) for name, images in pictures.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the errors and the shares."""
    parser = command_parser("face_alignment", __doc__)
    parser.add_argument("--photographs", type=int, default=100, help="to turn and align")
    parser.add_argument("--degrees", type=float, default=20.0, help="the most that they are turned")
    parser.add_argument("--shares", type=int, default=200, help="pictures for each share; 0 leaves them out")
    options = parser.parse_args(arguments)
    if "TLGAN_CELEBA" not in os.environ:
        parser.error("TLGAN_CELEBA must name the folder of CelebA")
    folder = Path(os.environ["TLGAN_CELEBA"])
    errors, missed = measure(folder, options.photographs, options.degrees)
    rows = [
        [
            name,
            *(f"{value:.2f}" for value in (np.mean(got), np.median(got), np.quantile(got, 0.95), max(got))),
        ]
        for name, got in errors.items()
    ]
    print(markdown_table(["error in pixels", "mean", "median", "95 %", "largest"], rows))
    print(f"\nNo face found in {missed} of {options.photographs} turned photographs.")
    if options.shares:
        for name, share in shares(folder, options.shares).items():
            print(f"A face is found in {share:.1%} of {options.shares} {name} of 64×64 pixels.")


if __name__ == "__main__":
    main()
