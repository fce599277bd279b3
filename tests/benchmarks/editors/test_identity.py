"""Drawn people, and swaps whose outcome is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.editors.identity import person_errors, swap_by_arithmetic, swap_table, unseen_people
from benchmarks.editors.judges import OWN, Judge, Sight
from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS
from data.synthetic.planted_axes import plant_axes

KNOWN = plant_axes(latent_dim=24, resolution=16)
RECIPE = SimpleNamespace(data=SimpleNamespace(count=100, seed=0, people=3))


def test_people_keep_their_own_factors_and_the_others_are_independent():
    people = unseen_people(RECIPE, KNOWN, 600)
    assert people.numbers.tolist() == [number % 3 for number in range(600)]
    assert people.own_factors.shape == (3, len(OWN))
    own = [FACTORS.index(name) for name in OWN]
    np.testing.assert_array_equal(people.factors[:, own], people.own_factors[people.numbers])
    smile, mouth = (people.factors[:, FACTORS.index(name)] for name in ("Smiling", "Mouth_Open"))
    assert abs(np.corrcoef(smile, mouth)[0, 1]) < 0.12  # 0.5 in nature
    np.testing.assert_allclose(KNOWN.factors(people.latents), people.factors, atol=1e-9)
    np.testing.assert_array_equal(draw_portraits(people.factors[:4], 16), people.images[:4])


def test_errors_of_the_person_asked_for_and_of_what_should_stay():
    people = unseen_people(RECIPE, KNOWN, 6)
    asked = (people.numbers + 1) % 3
    read = people.factors.copy()
    read[:, [FACTORS.index(name) for name in OWN]] = people.own_factors[asked]
    assert person_errors(read, people, asked, people.own_factors).tolist() == [[1, 0, 0, 0, 0]] * 6
    read[:, FACTORS.index("Smiling")] += 1
    read[:, FACTORS.index("Light")] -= 2
    assert np.allclose(person_errors(read, people, asked, people.own_factors), [[1, 0, 0.5, 0, 2]])
    untouched = person_errors(people.factors, people, asked, people.own_factors)
    assert (untouched[:, 0] == 0).all()
    assert (untouched[:, 1] > 0.3).all()


def test_arithmetic_of_latents_makes_another_person_of_a_face():
    people, factors = unseen_people(RECIPE, KNOWN, 900), []
    generator = SimpleNamespace(generate=lambda latents: factors.append(KNOWN.factors(latents)))
    reference, edited = people.select(slice(6, None)), people.select(slice(0, 6))
    swap_by_arithmetic(generator, reference)(edited, 2)
    errors = person_errors(factors[0], edited, np.full(6, 2), people.own_factors)
    assert (errors[:, 0] == 1).all()
    assert (errors[:, 1] < 0.02).all()  # own factors, exact but for the generator's other dimensions
    assert (errors[:, 2:] < 0.3).all()  # the mean of 300 portraits is not exactly 0


def test_table_has_a_row_for_each_editor_as_own_person_and_as_others():
    people = unseen_people(RECIPE, KNOWN, 6)
    by_picture = {image.tobytes(): row for image, row in zip(people.images, people.factors, strict=True)}

    def look(pictures):
        scores = np.stack([by_picture[picture.tobytes()] for picture in pictures])
        return Sight(scores, scores, scores, scores)

    judge = Judge("exact", FACTORS, np.zeros(20), (), look, lambda first, second: first - second)
    lines = swap_table({"nothing": lambda some, person: some.images}, people, judge).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| untouched", "| nothing, own person", "| nothing, others",
    ]  # fmt: skip
    assert "| 100% (100% to 100%) | 0.00" in lines[3]
    assert "| 0% (0% to 0%) |" in lines[4]
