"""Whose a correlation is: of people in photographs, of the generator, or of the labeller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.evaluation.correlations import (
    OF_GENERATOR,
    OF_LABELLER,
    OF_PEOPLE,
    PhotographScores,
    correlation_table,
    score_photographs,
    whose,
)
from pipelines.sources.source import Source
from tests.pipelines.evaluation.judged_example import bent_axes, judged_inputs
from tlgan.evaluation.side_effects import SideEffect
from tlgan.storage.row_files import RowDataset, RowWriter


def around(value: float, away: float = 0.03) -> dict[str, float]:
    return {"value": value, "low": value - away, "high": value + away}


@pytest.mark.parametrize(
    ("people", "decisions", "photographs", "drawn", "judge", "word"),
    [
        (0.4, 0.4, 0.6, 0.6, 0.6, OF_PEOPLE),
        (-0.4, -0.4, -0.6, -0.65, -0.6, OF_PEOPLE),
        (None, None, 0.2, 0.6, 0.6, OF_GENERATOR),
        (None, None, -0.2, -0.6, -0.55, OF_GENERATOR),
        (0.4, 0.4, 0.6, 0.6, 0.3, OF_LABELLER),
        (None, None, -0.2, -0.6, -0.3, OF_LABELLER),
        (0.2, 0.4, 0.6, 0.6, 0.6, OF_LABELLER),  # in photographs already
        (
            0.2,
            -0.05,
            0.6,
            0.6,
            0.6,
            OF_PEOPLE,
        ),  # the labeller never says yes; that is no correlation of its own
        (None, None, None, 0.6, 0.6, ""),
        (None, None, None, 0.6, 0.2, OF_LABELLER),
        (None, None, 0.6, None, 0.2, ""),
    ],
)
def test_word_is_about_where_the_correlation_is_weaker(people, decisions, photographs, drawn, judge, word):
    values = (people, decisions, photographs, drawn, judge)
    found = [None if value is None else around(value) for value in values]
    assert whose(*found) == word


def test_nothing_is_said_of_what_is_not_beyond_doubt():
    assert whose(None, None, around(0.4), around(0.6, 0.3), around(0.3, 0.3)) != OF_LABELLER


@pytest.fixture
def inputs():
    return judged_inputs(bent_axes(), ("raw",))


def effect(attribute: str, change: float) -> SideEffect:
    return SideEffect(attribute, change, change - 0.1, change + 0.1)


def test_pairs_are_listed_once_the_largest_first(inputs):
    by_axis = [
        {"name": "Male", "most": [effect("Beard", 0.5), effect("Age", 0.2)]},
        {"name": "Beard", "most": [effect("Male", 0.7)]},
    ]
    table = correlation_table(inputs, by_axis)
    assert [(pair["axis"], pair["attribute"]) for pair in table["pairs"]] == [
        ("Beard", "Male"),
        ("Male", "Age"),
    ]
    assert table["photographs"] == 0
    first = table["pairs"][0]
    columns = [inputs.attributes.index(name) for name in ("Male", "Beard")]
    expected = np.corrcoef(inputs.judged[:, columns].T.astype(float))[0, 1]
    assert first["judge"]["value"] == pytest.approx(expected)
    assert first["judge"]["low"] < expected < first["judge"]["high"]
    assert first["photographs"] is None


def test_photographs_in_which_attributes_do_not_go_together_leave_it_to_the_generator(inputs):
    rng = np.random.default_rng(0)
    together = rng.standard_normal(3000)
    drawn = {name: (together + 0.1 * rng.standard_normal(3000)).astype("f4") for name in ("Male", "Beard")}
    judged = np.stack([drawn.get(name, together) for name in inputs.attributes], axis=1)
    apart = {name: rng.standard_normal(500).astype("f4") for name in ("Male", "Beard")}
    inputs = replace(inputs, labelled=drawn, judged=judged, photographs=PhotographScores({}, apart))
    (pair,) = correlation_table(inputs, [{"name": "Male", "most": [effect("Beard", 0.5)]}])["pairs"]
    assert pair["word"] == OF_GENERATOR
    assert abs(pair["photographs"]["value"]) < 0.2


class Reader:
    """Scores pictures by their brightness."""

    names, kinds, units = ("Light",), ("continuous",), ("",)

    def score_rows(self, images, latents, start):
        return images.mean(axis=(1, 2, 3))[:, None].astype("f4")


def test_photographs_of_the_test_part_are_read(tmp_path):
    path = tmp_path / "faces.h5"
    columns = (
        RowDataset("images", (2, 2, 3), "u1"),
        RowDataset("labels", (1,), "<f4"),
        RowDataset("split", (), "u1"),
    )
    images = np.arange(5, dtype="u1")[:, None, None, None] * np.ones((5, 2, 2, 3), "u1")
    with RowWriter(path, columns, 5, {"format": "tlgan.faces", "names_json": '["Light"]'}) as writer:
        writer.append(
            {"images": images, "labels": np.arange(5.0)[:, None], "split": np.array([0, 2, 1, 2, 2])}
        )
    reader = Source("reader", "f", lambda _: Reader())
    blind = Source("blind", "f", lambda _: Reader(), reads_images=False)
    scores = score_photographs(path, [reader, blind])
    for read in (scores.labels, scores.labeller):
        assert read["Light"].tolist() == [1, 3, 4]
