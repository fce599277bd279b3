"""How well an autoencoder reconstructs people that no training saw.

    python -m benchmarks.reconstruction facemath

Needs the recipe's photographs (`make prepare`), its encoder, and the networks of `make face-api`. Prints, for each data
set: the signal-to-noise ratio; the structural similarity; detail, the energy of the reconstructions' Laplacian as a
share of the photographs'; the distance of the judge's features; the median of the recogniser's distance from the
photograph, and the share below the distance of one person, with its 95 % interval; beside it, the share of the next
person's photographs for which that holds. `benchmarks.reageing` ages the same people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table, share_text
from tlgan.errors import UserError
from tlgan.evaluation.image_quality import signal_to_noise, structural_similarity
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from pipelines.runs.face_space import FaceSpace

TEST = 2
RECOGNISER = "face-api-recognition"


def unseen_people(
    space: FaceSpace, count: int, ages: tuple[float, float] = (0, np.inf)
) -> dict[str, np.ndarray]:
    """Rows of test people by data set: those whose age is known, and in these bounds, and the others."""
    faces = space.photographs
    if faces is None:
        raise UserError(
            f"The recipe {space.recipe.name} must have its photographs prepared. Run `make prepare`."
        )
    rows = np.flatnonzero(np.asarray(map_rows(faces, "split")) == TEST)
    names = read_attributes(faces)["names"]
    labels = np.asarray(map_rows(faces, "labels"))[rows]
    age = labels[:, names.index("Age")] if "Age" in names else np.full(len(rows), np.nan)
    parts = {"age unknown": rows[np.isnan(age)], "age known": rows[(age >= ages[0]) & (age <= ages[1])]}
    return {name: part[:: max(1, len(part) // count)][:count] for name, part in parts.items() if len(part)}


def reconstruction_table(space: FaceSpace, count: int) -> str:
    """One row for each data set."""
    from models.loaders.embedder import cosine_distances, load_embedder

    images, recogniser = map_rows(space.photographs, "images"), load_embedder(RECOGNISER)
    judge = load_embedder(space.recipe.evaluate.judge, "judge")
    threshold, lines = recogniser.same_person_threshold or 0.0, []
    for name, rows in unseen_people(space, count).items():
        photographs = np.asarray(images)[rows]
        drawn = space.draw(space.encoder(photographs))
        people = recogniser(photographs)
        distances = cosine_distances(people, recogniser(drawn))
        figures = (
            f"{signal_to_noise(photographs, drawn).mean():.2f} dB",
            f"{structural_similarity(photographs, drawn).mean():.3f}",
            f"{detail(drawn) / detail(photographs):.0%}",
            f"{cosine_distances(judge(photographs), judge(drawn)).mean():.3f}",
            f"{np.median(distances):.3f}",
            share_text(distances < threshold),
            share_text(cosine_distances(people, np.roll(people, 1, axis=0)) < threshold),
        )
        lines.append([name, *figures])
    head = [
        "photographs",
        "PSNR",
        "SSIM",
        "detail",
        "features",
        "identity",
        "same person",
        "another's photograph",
    ]
    return markdown_table(head, lines)


def detail(images: np.ndarray) -> float:
    """Mean square of the Laplacian of images' brightness, uint8 (n, R, R, 3): small where they are blurred."""
    grey = images.mean(axis=-1)
    middle = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return float(np.square(around - 4 * middle).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = command_parser("reconstruction", __doc__)
    parser.add_argument("recipe", nargs="?", default="facemath")
    parser.add_argument("--count", type=int, default=200, help="people of each data set")
    options = parser.parse_args(arguments)
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.face_space import open_face_space

    space = open_face_space(load_recipe(options.recipe))
    print(reconstruction_table(space, options.count))


if __name__ == "__main__":
    main()
