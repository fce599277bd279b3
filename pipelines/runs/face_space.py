"""The latents of a recipe's faces: its generator and encoder, photographs encoded, and labels beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.weights.locate import find_weights
from pipelines.execution.keras_import import import_quietly
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import Recipe
from pipelines.sources.generators import picture_source
from pipelines.sources.photographs import align_face, open_photograph
from pipelines.sources.source import BATCH_SIZES
from pipelines.stages.prepare import plan_prepare
from pipelines.workflow.lock import locked
from pipelines.workflow.machine_cache import MachineCache
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import fingerprint_of
from tlgan.editing.algebra.attribute_means import LabelledLatents
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.row_files import RowDataset, RowWriter, map_rows, read_attributes, rows_done

if TYPE_CHECKING:
    from models.loaders.encoder import LoadedEncoder
    from models.protocols import Generator

CHUNK = 1024  # photographs encoded between two writes
TRAIN, TEST = 0, 2  # parts of a data set


@dataclass(frozen=True, eq=False)
class EncodedPhotographs:
    """Photographs, uint8 (n, R, R, 3), and their latents, float32 (n, D)."""

    images: np.ndarray
    latents: np.ndarray


@dataclass(frozen=True, eq=False)
class FaceSpace:
    """A recipe's generator with what finds latents for photographs, and the means of its faces.

    Attributes
    ----------
    recipe : Recipe
    generator : Generator
    """

    recipe: Recipe
    generator: Generator

    @cached_property
    def encoder(self) -> LoadedEncoder:
        """The encoder of the generator's name; `UserError` where there is none."""
        from models.loaders.encoder import load_encoder

        try:
            find_weights(self.generator.name, "encoder")
        except UserError:
            raise UserError(
                f"`{self.generator.name}` must have an encoder to take photographs. Got none. Take seeds, such as "
                "`seed(3)`, or a recipe with one, such as facemath."
            ) from None
        return load_encoder(self.generator.name, self.generator, batch_size_cache=MachineCache(BATCH_SIZES))

    def draw(self, latents: np.ndarray) -> np.ndarray:
        """Draw pictures, uint8 (n, R, R, 3), of latents (n, D)."""
        return self.generator(latents)

    def crop_file(self, path: Path, *, aligned: bool = False) -> np.ndarray:
        """The largest face of a photograph, uint8 (R, R, 3), as the encoder reads faces.

        Raises
        ------
        UserError
            As `open_photograph` and `align_face`; starts with the path.
        """
        opened = open_photograph(path, aligned)
        with reading(path, "a photograph"):
            crop = align_face(opened, size=self.encoder.resolution).crop
        if opened.note:
            say(f"{path.name}: {opened.note}")
        return crop

    @cached_property
    def photographs(self) -> Path | None:
        """What the stage `prepare` wrote of the recipe's data set; None where it has not, or cannot be told."""
        try:
            output = plan_prepare(self.recipe).output
        except UserError:  # the data set lies elsewhere
            return None
        return output if rows_done(output) else None

    @cached_property
    def table(self) -> LabelledLatents:
        """Labelled latents: of the encoded training photographs where there are some, else of the samples.

        Raises
        ------
        UserError
            Where there are neither.
        """
        if self.photographs is not None and self._has_encoder():
            return self._encoded_photographs(self.photographs)
        return self._labelled_samples()

    def unseen_photographs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Photographs of the test part, spread over it, and the ages of their faces, NaN where unknown.

        Returns
        -------
        photographs : uint8 array, shape (n, R, R, 3)
        ages : float32 array, shape (n,)
        """
        faces = self._prepared()
        rows = np.flatnonzero(np.asarray(map_rows(faces, "split")) == TEST)
        rows = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)]
        names, labels = read_attributes(faces)["names"], np.asarray(map_rows(faces, "labels"))[rows]
        ages = labels[:, names.index("Age")] if "Age" in names else np.full(len(rows), np.nan, np.float32)
        return np.asarray(map_rows(faces, "images"))[rows], ages

    def training_photographs(self) -> EncodedPhotographs:
        """The training photographs of the data set with their latents."""
        faces = self._prepared()
        training = np.flatnonzero(np.asarray(map_rows(faces, "split")) == TRAIN)
        latents = np.asarray(map_rows(encode_photographs(faces, self.encoder), "latents"))[training]
        return EncodedPhotographs(np.asarray(map_rows(faces, "images"))[training], latents)

    def _prepared(self) -> Path:
        if self.photographs is None:
            raise UserError(
                f"The recipe {self.recipe.name} must have its photographs prepared. Got none. Run `make prepare "
                f"RECIPE={self.recipe.name}`, or give a folder with `--photos`."
            )
        return self.photographs

    def _has_encoder(self) -> bool:
        try:
            return self.encoder is not None
        except UserError:
            return False

    def _encoded_photographs(self, faces: Path) -> LabelledLatents:
        latents = map_rows(encode_photographs(faces, self.encoder), "latents")
        facts, training = read_attributes(faces), np.asarray(map_rows(faces, "split")) == TRAIN
        return LabelledLatents(
            latents=np.asarray(latents)[training],
            labels=np.asarray(map_rows(faces, "labels"))[training],
            names=facts["names"],
            kinds=facts["kinds"],
            units=facts["units"],
            source=f"{training.sum():,} photographs",
        )

    def _labelled_samples(self) -> LabelledLatents:
        plan = make_plan(self.recipe)
        steps = (plan.sample, *plan.labels)
        rows = min(rows_done(step.output) for step in steps)
        if not rows:
            raise UserError(
                f"`mean` must have labelled faces. Got none of the recipe {self.recipe.name}. Make some with "
                f"`make label RECIPE={self.recipe.name}`, or, of photographs, `make prepare RECIPE={self.recipe.name}`."
            )
        facts = [read_attributes(step.output) for step in plan.labels]
        names, kinds, units = (
            [value for fact in facts for value in fact[key]] for key in ("names", "kinds", "units")
        )
        scores = np.concatenate([map_rows(step.output, "scores", rows)[:] for step in plan.labels], axis=1)
        binary = np.array(kinds) == "binary"
        labels = np.where(binary & np.isfinite(scores), scores > 0, scores).astype(np.float32)
        latents = np.asarray(map_rows(plan.sample.output, "latents", rows))
        return LabelledLatents(latents, labels, names, kinds, units, f"{rows:,} samples")


def open_face_space(recipe: Recipe) -> FaceSpace:
    """Open the generator of a recipe; no axes, samples or data set are needed yet."""
    import_quietly()
    return FaceSpace(recipe, picture_source(recipe).open())


def encode_photographs(faces: Path, encoder: LoadedEncoder) -> Path:
    """Latents of all photographs of a file of `prepare`, once for each file and encoder.

    Returns
    -------
    Path of a row file with `latents`, float32 (n, D)
    """
    fingerprint = fingerprint_of([read_attributes(faces)["fingerprint"], encoder.sha256])
    output = in_cache("encoded")(fingerprint)
    images = map_rows(faces, "images")
    if rows_done(output) >= len(images):
        return output
    attributes = {"format": "tlgan.encoded", "fingerprint": fingerprint, "encoder_sha256": encoder.sha256}
    columns = (RowDataset("latents", (encoder.latent_dim,), "<f4"),)
    with (
        locked(output),
        RowWriter(output, columns, len(images), attributes) as writer,
        counting("encode photographs", len(images), writer.done) as progress,
    ):
        for start in range(writer.done, len(images), CHUNK):
            rows = np.asarray(images[start : start + CHUNK])
            writer.append({"latents": encoder(rows)})
            progress.advance(len(rows))
    return output
