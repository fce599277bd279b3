"""The figures of FaceMath: photographs reconstructed, turned into one another, aged and given glasses.

The article is "FaceMath: arithmetic with faces by a variational autoencoder": every figure is a sum of latents,
drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipelines.editing.latent_paths import count_waypoints, morph_path, walk_path
from pipelines.images.picture_files import SHARPENING, contact_sheet, enlarge_images
from pipelines.runs.face_space import FaceSpace
from tlgan.editing.algebra.attribute_means import LabelledLatents, attribute_mean
from tlgan.editing.algebra.terms import MeanTerm
from tlgan.errors import UserError
from tlgan.latents.geometry import interpolate, normalize_latents
from tlgan.latents.sampling import draw_latents

COLUMNS = 8
FRAMES = 60
TRUNCATION = 0.6  # of the waypoints of a walk in a flat latent space
AGES = (5.0, 35.0, 70.0)  # where the data set knows years; else the quantiles
QUANTILES = (5, 50, 95)
SHARES = (0.0, 0.5, 1.0, 1.5, 2.0)  # of the difference between two means
GLASSES = ("Eyeglasses", "Glasses")  # in CelebA, and of the drawn faces


@dataclass(frozen=True, eq=False)
class Gallery:
    """Photographs to make figures of.

    Attributes
    ----------
    space : FaceSpace
    photographs : uint8 array, shape (n, R, R, 3)
    latents : float32 array, shape (n, D)
        What the encoder finds for them.
    ages : float array, shape (n,); NaN = unknown
    scale : float
        How many times pictures are enlarged.
    strength : int
        Of the unsharp mask, in per cent.
    """

    space: FaceSpace
    photographs: np.ndarray
    latents: np.ndarray
    ages: np.ndarray
    scale: float = 2.0
    strength: int = SHARPENING

    def draw(self, latents: np.ndarray) -> np.ndarray:
        """Pictures of latents (n, D), brought to where the generator's latents lie."""
        return self.space.draw(normalize_latents(latents, self.space.generator.latent_space))

    def sheet(self, rows: list[np.ndarray]) -> np.ndarray:
        """Rows of equally many pictures as one."""
        images = enlarge_images(np.concatenate(rows), self.scale)
        return contact_sheet(images, len(rows[0]))


# A figure's file name and its picture (h, w, 3), or the frames (n, h, w, 3) of its animation.
Figures = Mapping[str, np.ndarray]


def reconstruction(gallery: Gallery) -> Figures:
    """Photographs, and below each what is drawn of its latent."""
    return {"reconstruction.png": gallery.sheet([gallery.photographs, gallery.draw(gallery.latents)])}


def morph(gallery: Gallery) -> Figures:
    """The first photograph turned into the second in a row, and the first three into one another."""
    space, latents = gallery.space.generator.latent_space, gallery.latents
    row = interpolate(latents[0], latents[1], np.linspace(0, 1, COLUMNS).tolist(), space)
    frames = gallery.draw(morph_path(latents[:3], FRAMES, space))
    return {
        "morph.png": gallery.sheet([gallery.draw(row)]),
        "morph.gif": enlarge_images(frames, 2 * gallery.scale),
    }


def ageing(gallery: Gallery) -> Figures:
    """Each photograph, its reconstruction, and it at three ages: image − mean(now) + mean(then)."""
    table = gallery.space.table
    ages, column = ages_of(table), table.column("Age")
    then = [attribute_mean(table, MeanTerm("Age", value=age)).latent for age in ages]
    middle = np.nanmedian(table.labels[:, column])
    rows = []
    for photograph, latent, age in zip(gallery.photographs, gallery.latents, gallery.ages, strict=True):
        age = np.clip(age if np.isfinite(age) else middle, *_range(table, column))
        now = attribute_mean(table, MeanTerm("Age", value=float(age))).latent
        changed = gallery.draw(np.stack([latent, *(latent - now + mean for mean in then)]))
        rows.append(np.concatenate([photograph[None], changed]))
    return {"ageing.png": gallery.sheet(rows)}


def glasses(gallery: Gallery) -> Figures:
    """Glasses put on, in steps to twice the difference of the means."""
    table = gallery.space.table
    names = [name for name in GLASSES if name in table.names]
    if not names:
        raise UserError(f"The faces must have a label of glasses. Got {', '.join(table.names[:10])}.")
    return {"glasses.png": gallery.sheet(_towards(gallery, MeanTerm(names[0]), MeanTerm(names[0], True)))}


def femininity(gallery: Gallery) -> Figures:
    """Women's mean less men's added, in steps to twice the difference."""
    return {"femininity.png": gallery.sheet(_towards(gallery, MeanTerm("Male", True), MeanTerm("Male")))}


def walk(gallery: Gallery) -> Figures:
    """A random walk, as a row and an animation.

    In flat latent spaces its waypoints lie nearer to the mean than random latents do: faces are likelier there
    (the truncation of Brock et al. 2019, arXiv 1809.11096).
    """
    generator = gallery.space.generator
    space = generator.latent_space
    waypoints = draw_latents(0, count_waypoints(2 * FRAMES), generator.latent_dim, space=space)
    waypoints = waypoints if space == "sphere" else TRUNCATION * waypoints
    frames = gallery.draw(walk_path(waypoints, 2 * FRAMES, space))
    return {
        "walk.png": gallery.sheet([frames[:: len(frames) // COLUMNS][:COLUMNS]]),
        "walk.gif": enlarge_images(frames, 2 * gallery.scale),
    }


def sharpening(gallery: Gallery) -> Figures:
    """Photographs, reconstructions, and these sharpened by an unsharp mask."""
    drawn = gallery.draw(gallery.latents)
    rows = [enlarge_images(rows, gallery.scale) for rows in (gallery.photographs, drawn)]
    rows.append(enlarge_images(drawn, gallery.scale, sharpen=True, strength=gallery.strength))
    return {"sharpening.png": contact_sheet(np.concatenate(rows), len(drawn))}


def neighbours(gallery: Gallery) -> Figures:
    """Each photograph with the training photographs whose latents are nearest by angle."""
    faces = gallery.space.training_photographs()
    units = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (gallery.latents, faces.latents)]
    nearest = np.argsort(-(units[0] @ units[1].T), axis=1)[:, : COLUMNS - 1]
    rows = [
        np.concatenate([photograph[None], faces.images[row]])
        for photograph, row in zip(gallery.photographs, nearest, strict=True)
    ]
    return {"neighbours.png": gallery.sheet(rows)}


FIGURES: Mapping[str, Callable[[Gallery], Figures]] = MappingProxyType(
    {
        figure.__name__: figure
        for figure in (reconstruction, morph, ageing, glasses, femininity, walk, sharpening, neighbours)
    }
)


def ages_of(table: LabelledLatents) -> tuple[float, ...]:
    """Three ages to show: 5, 35 and 70 years where the labels reach so far, else low, middle and high ones."""
    column = table.column("Age")
    least, most = _range(table, column)
    if least <= AGES[0] and most >= AGES[-1]:
        return AGES
    known = table.labels[:, column]
    return tuple(float(value) for value in np.percentile(known[np.isfinite(known)], QUANTILES))


def _range(table: LabelledLatents, column: int) -> tuple[float, float]:
    return float(np.nanmin(table.labels[:, column])), float(np.nanmax(table.labels[:, column]))


def _towards(gallery: Gallery, to: MeanTerm, away: MeanTerm) -> list[np.ndarray]:
    """A row for each photograph: it, and its latent with shares of the difference of two means added."""
    table = gallery.space.table
    step = attribute_mean(table, to).latent - attribute_mean(table, away).latent
    return [
        np.concatenate(
            [photograph[None], gallery.draw(np.stack([latent + share * step for share in SHARES]))]
        )
        for photograph, latent in zip(gallery.photographs, gallery.latents, strict=True)
    ]
