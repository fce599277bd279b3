"""What wrong crops cost the labeller, and how far its features put them from the photographs that it knows.

    python -m benchmarks.framing [--photographs 500] [--skip 0] [--write]       # minutes

Prints accuracy and distance for each way to cut CelebA's photographs of test people, for some groups of these people
(framed as the labeller knows them, so they should be near), and for faces of the committed generator. A warning is due
beyond `pipelines.sources.framing_check.FAR`. `--write` first computes the statistics beside the committed labeller,
from photographs of validation people. TLGAN_CELEBA says where CelebA is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

NAME, SIZE, GROUP = "celeba64", 64, 60  # of the labeller and generator; pixels; least people of a group
SPLIT = (0.85, 0.05, 0.1)  # of the recipe that trained the labeller
GROUPS = ("Male", "Young", "Smiling", "Blond_Hair", "Attractive")
SIDE, MIDDLE = 128, (89, 121)  # of the right crop, pixels of the photograph

Cut = Callable[[np.ndarray], np.ndarray]


def square(side: float = SIDE, right: float = 0, down: float = 0, degrees: float = 0) -> Cut:
    """A square of the photograph, beside the right one, larger, smaller or turned."""
    from data.images.alignment import cut_square
    from data.images.similarity import Similarity

    turn = side * complex(np.exp(1j * np.deg2rad(degrees)))
    corner = complex(MIDDLE[0] + right, MIDDLE[1] + down) - turn * (0.5 + 0.5j)
    return lambda photograph: cut_square(photograph, Similarity(turn, corner), SIZE)


def cuts() -> dict[str, Cut]:
    """Ways to cut a photograph, by what a table calls them."""
    right = square()

    def blurred(pixels: int) -> Cut:
        return lambda photograph: np.asarray(
            Image.fromarray(right(photograph))
            .resize((pixels, pixels), Image.Resampling.BOX)
            .resize((SIZE, SIZE))
        )

    return {
        "as it was trained": right,
        **{f"side {side}": square(side) for side in (160, 148, 140, 118, 108, 96, 80)},
        "largest centred square": square(178, down=-12),
        "all of it, squeezed": lambda photograph: np.asarray(
            Image.fromarray(photograph).resize((SIZE, SIZE))
        ),
        "108 at (35, 55)": square(108, down=-12),
        **{f"left by {by}": square(right=-by) for by in (8, 16, 25)},
        **{f"up by {by}": square(down=-by) for by in (8, 16, 30)},
        **{f"down by {by}": square(down=by) for by in (8, 16, 32)},
        **{f"turned by {by}°": square(degrees=by) for by in (5, 10, 20, 45, 90, 180)},
        **{f"enlarged from {pixels} pixels": blurred(pixels) for pixels in (32, 16)},
        "red and blue swapped": lambda photograph: right(photograph)[..., ::-1],
        "negative": lambda photograph: 255 - right(photograph),
    }


def read_people(part: int, count: int, skip: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Photographs, uint8 (218, 178, 3), and their labels, of people of a part of the split."""
    from data.images.decode import decode
    from data.images.splits import choose_split
    from data.readers.celeba import open_celeba

    images = open_celeba(Path(os.environ["TLGAN_CELEBA"]))
    parts = choose_split(images.partition, images.identity, SPLIT, 0).parts
    rows = np.flatnonzero(parts == part)[skip : skip + count]
    return [np.asarray(decode(images.read(row))) for row in rows], images.labels[rows]


def write_statistics() -> None:
    """Write the statistics beside the committed labeller, from photographs of validation people."""
    from models.loaders.labeller import load_labeller
    from models.training.trainer import VALIDATION
    from models.weights.feature_statistics import fit_feature_statistics, write_feature_statistics
    from models.weights.locate import find_weights

    photographs, _ = read_people(VALIDATION, 10**6)
    faces = np.stack([square()(photograph) for photograph in photographs])
    statistics = fit_feature_statistics(*load_labeller(NAME).read(faces))
    if statistics is not None:
        write_feature_statistics(find_weights(NAME, "labeller"), statistics)


def measure(count: int, skip: int) -> Iterator[tuple[str, str, str]]:
    """Rows of the table: what was read, accuracy, distance."""
    from models.loaders.generator import load_generator
    from models.loaders.labeller import load_labeller
    from models.training.trainer import TEST
    from models.weights.feature_statistics import read_feature_statistics
    from models.weights.locate import find_weights
    from tlgan.latents.sampling import draw_latents

    labeller = load_labeller(NAME)
    statistics = read_feature_statistics(find_weights(NAME, "labeller"))
    assert statistics is not None
    photographs, labels = read_people(TEST, count, skip)
    for name, cut in cuts().items():
        scores, features = labeller.read(np.stack([cut(photograph) for photograph in photographs]))
        accuracy = float(((scores > 0) == (labels > 0.5)).mean())
        yield name, f"{accuracy:.3f}", f"{statistics.distance(scores, features):.2f}"
        if name == "as it was trained":
            right = scores, features
    for name in GROUPS:
        for wanted in (False, True):
            rows = (labels[:, labeller.names.index(name)] > 0.5) == wanted
            if rows.sum() >= GROUP:
                distance = statistics.distance(*(values[rows] for values in right))
                yield f"people who are {'' if wanted else 'not '}{name}", "", f"{distance:.2f}"
    generator = load_generator(NAME)
    faces = generator(draw_latents(0, count, generator.latent_dim, space=generator.latent_space))
    yield "faces of the generator", "", f"{statistics.distance(*labeller.read(faces)):.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("framing", __doc__)
    parser.add_argument("--photographs", type=int, default=500)
    parser.add_argument("--skip", type=int, default=0, help="so many test photographs first")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    if options.write:
        write_statistics()
    print(
        markdown_table(["pictures", "accuracy", "distance"], list(measure(options.photographs, options.skip)))
    )


if __name__ == "__main__":
    main()
