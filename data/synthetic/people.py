"""Drawn people: many portraits of each of a few, which differ in expression, pose, light and background alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.synthetic.face_parameters import FACTORS

# What changes from one portrait of a person to the next; all other factors are the person's own.
CHANGING = ("Smiling", "Mouth_Open", "Head_Turn", "Light", "Background")


def with_people(
    factors: NDArray[np.floating], people: NDArray[np.floating], start: int = 0
) -> NDArray[np.float64]:
    """Give portraits to people in turn: portrait i shows person i modulo the number of people.

    Parameters
    ----------
    factors : float array, shape (n, 20), of portraits from number `start` on; of these stay the changing ones
    people : float array, shape (n_people, 20), of which stay all others
    start : int

    Returns
    -------
    float64 array, shape (n, 20)
    """
    own = np.array([name not in CHANGING for name in FACTORS])
    return np.where(own, people[person_numbers(len(factors), len(people), start)], factors).astype(np.float64)


def person_numbers(count: int, n_people: int, start: int = 0) -> NDArray[np.intp]:
    """Number of the person that each portrait from number `start` on shows, shape (count,)."""
    return (start + np.arange(count)) % n_people
