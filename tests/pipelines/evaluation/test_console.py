"""What `evaluate` prints: numbers of the tables, and dashes where there are none."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.console import (
    axes_table,
    edits_table,
    leakage_table,
    print_evaluation,
    second_table,
    truth_table,
)


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def entry(value: float) -> dict[str, object]:
    numbers = {name: interval(value) for name in ("mean", "max", "systematic")}
    return numbers | {"identity": 0.9, "realism_change": None}


LEAKAGE = {
    "change": 0.5,
    "axes": 1,
    "axes_reached": {"raw": interval(2), "locked": interval(1), "lowdin": interval(0)},
    "edits": {"raw": entry(0.25), "locked": entry(0.125)},
    "unedited": interval(0.5),
    "least": "locked",
}
ROWS = [
    {
        "name": "Male",
        "reaches": 1.2,
        "mean_dependency": 0.2,
        "calibration_slope": 1.1,
        "identity": None,
        "most": [{"attribute": "Beard", "change": 0.5}, {"attribute": "Hat", "change": -0.2}],
        "at_1_sd": {"reached": True, "most": [], "same_person": None},
    },
    {
        "name": "Smiling",
        "reaches": None,
        "mean_dependency": None,
        "calibration_slope": None,
        "identity": 0.5,
        "most": [],
        "at_1_sd": {"reached": False, "most": [], "same_person": None},
    },
]
UNKNOWN = {"value": None, "low": None, "high": None}
TABLES = {
    "axes": ["Male", "Smiling"],
    "edits": ["raw"],
    "latents": 100,
    "equal_changes": [0.5],
    "leakage": [LEAKAGE],
    "by_edit": {
        "raw": {
            "by_axis": ROWS,
            "transformation": {"score": interval(0.75), "score_of_published": UNKNOWN},
        }
    },
    "by_axis": [
        {"name": "Male", "agreement": {"correlation": 0.875}},
        {"name": "Smiling", "agreement": None},
    ],
    "truth": {
        "summary": {"samples_used": 2700, "median_angle": 4.4, "median_limit": 4.25},
        "axes": [{"name": "Male", "angle": 4.4, "stated_error": 4.5, "limit": None, "labeller_noise": 0.5}],
        "leakage": [LEAKAGE],
    },
}


def rows_of(table) -> list[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_leakage_table_has_a_row_for_each_edit_and_counts_the_axes_that_get_there():
    table = leakage_table(TABLES, LEAKAGE)
    assert rows_of(table) == [
        ["raw", "2", "0.250±0.10", "0.250±0.10", "0.250±0.10", "0.90"],
        ["locked", "1", "0.125±0.10", "0.125±0.10", "0.125±0.10", "0.90"],
        ["lowdin", "0", "", "", "", ""],
        ["unedited", "", "", "", "0.500±0.10", ""],
    ]
    assert "0.5 sd, over 1 of 2 axes" in table.title
    assert table.title.endswith("Least mean: locked")


def test_edits_table_counts_usable_axes_by_way_of_editing():
    assert rows_of(edits_table(TABLES)) == [["raw", "1", "0.750±0.10", "–"]]


def test_axes_table_is_of_the_first_edit_without_the_axis_files_own():
    table = axes_table(TABLES)
    assert table.title.startswith("Axes, raw:")
    assert rows_of(table) == [
        ["Male", "0.20", "1.10", "–", "0.88", "Beard +0.50"],
        ["Smiling", "–", "–", "0.50", "–", "–"],
    ]


def test_axes_table_prefers_what_the_editor_does():
    both = TABLES | {"by_edit": TABLES["by_edit"] | {"orthogonalized": TABLES["by_edit"]["raw"]}}
    assert axes_table(both).title.startswith("Axes, orthogonalized:")
    local = both | {"by_edit": both["by_edit"] | {"local": TABLES["by_edit"]["raw"]}}
    assert axes_table(local).title.startswith("Axes, local:")


def test_truth_table_has_angles_in_degrees():
    table = truth_table(TABLES["truth"])
    assert rows_of(table) == [["Male", "4.40°", "4.50°", "–", "0.50"]]
    assert "2700 samples: median angle to the truth 4.40° (information limit 4.25°)" in table.title


@pytest.mark.parametrize("with_truth", [True, False])
def test_print_evaluation_ends_with_the_file(tmp_path, capsys, with_truth):
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps({key: value for key, value in TABLES.items() if with_truth or key != "truth"}))
    print_evaluation(path)
    printed = capsys.readouterr().out
    assert ("Known axes" in printed) == with_truth
    assert printed.splitlines()[-1] == f"Evaluation: {path}"


def test_second_judges_have_a_line_for_each_edit_and_change():
    entry = {"target": interval(0.5), "mean": interval(0.25), "systematic": UNKNOWN}
    by_change = [{"change": change, "edits": {"raw": entry}} for change in (0.5, 1.0)]
    table = second_table({"judges": ["age"], "attributes": ["Young"], "by_change": by_change})
    assert [list(column.cells) for column in table.columns] == [
        ["raw", "raw"],
        ["0.5", "1"],
        ["0.500±0.10"] * 2,
        ["0.250±0.10"] * 2,
        ["–"] * 2,
    ]
    assert "age" in table.title
