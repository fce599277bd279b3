"""Tables of axes, comparisons and edits: their cells and their records."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.compare import compare_axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.cli.tables import axes_records, axes_table, comparison_records, comparison_table, edit_table


def cells(table) -> list[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.fixture
def axes() -> Axes:
    unknown = axes_from_directions(["Smiling", "[b]Age"], [[1.0, 0.0], [0.6, 0.8]], latent_space="normal")
    return dataclasses.replace(
        unknown,
        slopes=[0.5, np.nan],
        units=["logit", ""],
        kinds=["binary", "continuous"],
        held_out=[0.93, np.nan],
        angular_errors=[2.5, np.nan],
        systematic_errors=[12.0, np.nan],
        n_samples=[20_000, 0],
        generator="toy",
    )


def test_axes_table_has_a_dash_for_what_is_unknown(axes):
    table = axes_table(axes)
    assert cells(table) == [
        ["Smiling", "binary", "0.5", "logit", "2.50°", "12.0°", "0.930 AUC", "20000", "1.000"],
        ["[b]Age", "continuous", "–", "–", "–", "–", "–", "–", "1.000"],
    ]
    assert str(table.title) == "2 axes of toy, 2 dimensions (normal), orthogonalised: none"


def test_axes_tables_name_the_regressor(axes):
    assert axes_records(axes)["regressor"] is None
    regressor = LatentRegressor.straight(["Smiling", "Hat"], np.eye(2), [0.0, 0.0])
    axes = dataclasses.replace(axes, regressor=regressor)
    assert str(axes_table(axes).title).endswith("; with a latent regressor of 2 attributes")
    assert axes_records(axes)["regressor"] == ["Smiling", "Hat"]


def test_axes_table_names_the_base(axes):
    based = dataclasses.replace(axes, method="project", base=("Smiling",), generator="")
    assert str(axes_table(based).title).endswith("orthogonalised: project on Smiling")
    assert "an unknown generator" in str(axes_table(based).title)


def test_axes_records_are_json_with_null_for_unknown(axes):
    records = json.loads(json.dumps(axes_records(axes), allow_nan=False))
    assert records["latent_dim"] == 2
    assert records["axes"][0]["slope"] == 0.5
    assert records["axes"][1]["slope"] is None
    assert records["axes"][1]["n_samples"] == 0


def test_comparison_table_has_angles_and_nearest_axes(axes):
    other = axes_from_directions(
        ["Smiling", "Pose"], [[0.5, math.sqrt(0.75)], [1.0, 0.0]], latent_space="normal"
    )
    rows = compare_axes(axes, other)
    table = cells(comparison_table(rows, "a.h5", "b.h5"))
    assert table[0] == ["Smiling", "0.5000", "60.00°", "–", "12.0°", "–", "Pose (1.000)", "[b]Age (0.993)"]
    assert table[1][:3] == ["[b]Age", "–", "–"]
    known = dataclasses.replace(other, angular_errors=[1.5, 2.0])
    paired = compare_axes(axes, known, pairs={"Smiling": "Pose"})
    assert cells(comparison_table(paired, "a.h5", "b.h5"))[0][:7] == [
        *("Smiling", "Pose", "1.0000", "0.00°", "3.20°", "12.0°", "12.42°")
    ]
    records = comparison_records(rows)
    assert records[0]["cosine"] == pytest.approx(0.5)
    assert records[1]["cosine"] is None


def test_edit_table_lists_edited_then_held_then_the_others(axes):
    before, after = np.array([[1.0, 30.0]]), np.array([[3.0, 30.0]])
    table = edit_table(axes, before, after, {"[b]Age": "held"})
    assert cells(table) == [
        ["[b]Age", "held", "30", "30", "+0", "z"],
        ["Smiling", "follows", "1", "3", "+2", "logit"],
    ]
    assert [column.header for column in table.columns][2:5] == ["before", "after", "change"]


def test_edit_table_of_several_latents_has_means(axes):
    before, after = np.zeros((2, 2)), np.array([[1.0, 0.0], [2.0, 1e-12]])
    table = edit_table(axes, before, after, {"Smiling": "edited"})
    assert cells(table) == [
        ["Smiling", "edited", "0", "1.5", "+1.5", "logit"],
        ["[b]Age", "follows", "0", "5e-13", "+0", "z"],
    ]
    assert table.columns[2].header == "mean before"
