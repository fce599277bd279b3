"""What `evaluate` prints: numbers of the tables, and dashes where there are none."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.console import axes_table, leakage_table, print_evaluation, truth_table


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def entry(value: float) -> dict[str, object]:
    numbers = {name: interval(value) for name in ("mean", "max", "systematic")}
    return numbers | {"identity": 0.9, "realism_change": None}


TABLES = {
    "axes": ["Male", "Smiling"],
    "edits": ["raw", "locked"],
    "equal_change": 0.5,
    "latents": 100,
    "leakage": {
        "axes": 1,
        "axes_reached": {"raw": 2, "locked": 1, "lowdin": 0},
        "edits": {"raw": entry(0.25), "locked": entry(0.125)},
        "least": "locked",
    },
    "by_edit": {
        "raw": {
            "by_axis": [
                {
                    "mean_dependency": 0.2,
                    "calibration_slope": 1.1,
                    "identity": None,
                    "most": [{"attribute": "Beard", "change": 0.5}, {"attribute": "Hat", "change": -0.2}],
                },
                {"mean_dependency": None, "calibration_slope": None, "identity": 0.5, "most": []},
            ]
        }
    },
    "by_axis": [
        {"name": "Male", "agreement": {"correlation": 0.875}},
        {"name": "Smiling", "agreement": None},
    ],
    "truth": {
        "summary": {"samples_used": 2700, "median_angle": 4.4, "median_limit": 4.25},
        "axes": [{"name": "Male", "angle": 4.4, "stated_error": 4.5, "limit": None, "labeller_noise": 0.5}],
    },
}


def rows_of(table) -> list[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_leakage_table_has_a_row_for_each_edit_and_counts_where_it_was_left_out():
    table = leakage_table(TABLES)
    assert rows_of(table) == [
        ["raw", "0.250±0.100", "0.250±0.100", "0.250±0.100", "0.90", "–"],
        ["locked", "0.125±0.100", "0.125±0.100", "0.125±0.100", "0.90", "–"],
        ["lowdin", "(0 axes)", "", "", "", ""],
    ]
    assert "0.5 sd, over 1 of 2 axes" in table.title
    assert table.title.endswith("Least mean: locked")


def test_axes_table_is_of_the_first_edit_without_the_axis_files_own():
    table = axes_table(TABLES)
    assert table.title.startswith("Axes, raw:")
    assert rows_of(table) == [
        ["Male", "0.20", "1.10", "–", "0.88", "Beard +0.50"],
        ["Smiling", "–", "–", "0.50", "–", "–"],
    ]


def test_axes_table_prefers_the_edit_that_the_axis_file_has():
    both = TABLES | {"by_edit": TABLES["by_edit"] | {"orthogonalized": TABLES["by_edit"]["raw"]}}
    assert axes_table(both).title.startswith("Axes, orthogonalized:")


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
