"""Drawn people swapped: a face as another person, by another decoder or by arithmetic of latents.

Each editor is given the same portraits and draws them as each of the other people. What should stay is known
(expression, pose, light, background), and so is what should change: the person's own factors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.editors.judges import CHUNK, OWN, Judge
from benchmarks.tables import markdown_table
from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS
from data.synthetic.image_set import draw_labelled_portraits
from data.synthetic.people import person_numbers, with_people
from tlgan.evaluation.bootstrap import bootstrap_weights, interval, weighted_means
from tlgan.latents.sampling import draw_latents

if TYPE_CHECKING:
    from data.synthetic.planted_axes import KnownAxes
    from pipelines.recipe.load import Recipe

KEPT = {"expression": ("Smiling", "Mouth_Open"), "pose": ("Head_Turn",), "light": ("Light",)}
PORTRAIT_SEED = 9_200
HEAD = ("editor", "person taken on", "person, sd", *(f"{name}, sd" for name in KEPT), "ms")


@dataclass(frozen=True, eq=False)
class People:
    """Portraits of a few drawn people that no training saw.

    Attributes
    ----------
    images : uint8 array, shape (n, R, R, 3)
    factors : float64 array, shape (n, 20), true
    numbers : int array, shape (n,), whom each shows
    latents : float64 array, shape (n, D), of the generator of drawn faces
    """

    images: np.ndarray
    factors: np.ndarray
    numbers: np.ndarray
    latents: np.ndarray

    @property
    def own_factors(self) -> np.ndarray:
        """The people's own factors, shape (n_people, 15)."""
        own = [FACTORS.index(name) for name in OWN]
        return np.stack([self.factors[self.numbers == number][0, own] for number in np.unique(self.numbers)])

    def select(self, rows: np.ndarray | slice) -> People:
        """Some of the portraits, in this order."""
        return People(self.images[rows], self.factors[rows], self.numbers[rows], self.latents[rows])


def unseen_people(recipe: Recipe, known: KnownAxes, count: int) -> People:
    """Portraits of the people of a recipe, whose expression, pose, light and background are independent.

    None is in the training set, where a smile and an open mouth go together.

    Parameters
    ----------
    recipe : Recipe
        With `data.people`.
    known : KnownAxes
        Without nonlinearity.
    count : int
    """
    options = recipe.data
    archive = draw_labelled_portraits(known, options.people, options.seed, options.people).archive
    people = archive.factors(0, options.people)  # type: ignore[attr-defined]
    drawn = np.random.default_rng([options.seed, PORTRAIT_SEED]).standard_normal((count, len(FACTORS)))
    factors = with_people(drawn, people)
    near = draw_latents(0, count, known.latent_dim, space="normal", seed=PORTRAIT_SEED)
    return People(
        images=np.concatenate(
            [
                draw_portraits(factors[start : start + CHUNK], known.resolution)
                for start in range(0, count, CHUNK)
            ]
        ),
        factors=factors,
        numbers=person_numbers(count, options.people),
        latents=latents_of(known, factors, near),
    )


def latents_of(known: KnownAxes, factors: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The latents nearest to others whose factors are these, for axes without nonlinearity, shape (n, D)."""
    moves: np.ndarray = (factors - near @ known.directions.T) @ np.linalg.pinv(known.directions).T
    return near + moves


Swap = Callable[[People, int], np.ndarray]


def swap_by_arithmetic(known: KnownAxes, reference: People) -> Swap:
    """Latents plus the difference of the mean latents of two people, from portraits other than those edited."""
    means = np.stack(
        [
            reference.latents[reference.numbers == number].mean(axis=0)
            for number in np.unique(reference.numbers)
        ]
    )
    return lambda people, person: known.generate(people.latents + means[person] - means[people.numbers])


def swap_table(swaps: Mapping[str, Swap], people: People, judge: Judge) -> str:
    """What each editor makes of faces that are to become each of the other people, and of faces left as they are.

    "person taken on": the share of pictures in which, of all people, the one asked for is nearest to the person's
    factors as the judge reads them. The others are mean absolute errors of factors read off the picture against the
    true ones, in standard deviations: the asked person's own factors; the face's expression, pose and light.
    The row "untouched" is the judge's own error.
    """
    rows = [_swapped_row("untouched", lambda faces, _: faces.images, people, judge, swapped=False)]
    for name, swap in swaps.items():
        rows.append(_swapped_row(f"{name}, own person", _as_own(swap), people, judge, swapped=False))
        rows.append(_swapped_row(f"{name}, others", swap, people, judge, swapped=True))
    return markdown_table(HEAD, rows)


def _as_own(swap: Swap) -> Swap:
    """Every face as the person it shows, whatever is asked for."""

    def draw(people: People, _: int) -> np.ndarray:
        drawn = np.empty_like(people.images)
        for number in np.unique(people.numbers):
            rows = people.numbers == number
            drawn[rows] = swap(people.select(rows), int(number))
        return drawn

    return draw


def _swapped_row(name: str, swap: Swap, people: People, judge: Judge, *, swapped: bool) -> list[str]:
    errors, seconds = [], 0.0
    persons = range(len(people.own_factors)) if swapped else range(1)
    for person in persons:
        rows = people.numbers != person if swapped else np.ones(len(people.numbers), bool)
        some = people.select(rows)
        asked = np.full(len(some.numbers), person) if swapped else some.numbers
        began = time.perf_counter()
        pictures = swap(some, person)
        seconds += (time.perf_counter() - began) / len(some.numbers) / len(persons)
        errors.append(person_errors(judge.look(pictures).scores, some, asked, people.own_factors))
    stacked = np.concatenate(errors)
    draws = weighted_means(bootstrap_weights(len(stacked)), stacked)
    low, high = interval(draws)
    cells = [f"{draws[0, 0]:.0%} ({low[0]:.0%} to {high[0]:.0%})"]
    cells += [
        f"{draws[0, column]:.2f} ({low[column]:.2f} to {high[column]:.2f})"
        for column in range(1, draws.shape[1])
    ]
    return [name, *cells, f"{1000 * seconds:.1f}"]


def person_errors(read: np.ndarray, people: People, asked: np.ndarray, own_factors: np.ndarray) -> np.ndarray:
    """Of each picture whether it shows the person asked for, and how far factors are from where they should be.

    Parameters
    ----------
    read : float array, shape (n, 20), factors read off the pictures
    people : People, the faces before
    asked : int array, shape (n,), the person that each should show
    own_factors : float array, shape (n_people, 15)

    Returns
    -------
    float64 array, shape (n, 2 + len(KEPT)): 1 or 0, then mean absolute errors of the person's own factors, and of
    each of `KEPT`
    """
    own = [FACTORS.index(name) for name in OWN]
    distances = np.abs(read[:, None, own] - own_factors[None]).mean(axis=2)
    columns = [distances.argmin(axis=1) == asked, distances[np.arange(len(read)), asked]]
    for names in KEPT.values():
        places = [FACTORS.index(name) for name in names]
        columns.append(np.abs(read[:, places] - people.factors[:, places]).mean(axis=1))
    return np.stack(columns, axis=1).astype(np.float64)
