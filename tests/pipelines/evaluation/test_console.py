"""What `evaluate` prints: numbers of the tables, and dashes where there are none."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.console import (
    axes_table,
    correlations_table,
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
    "least_minus": {"edit": "locked", "others": {"raw": {"value": -0.125, "low": -0.2, "high": -0.05}}},
    "exported_minus": {"edit": "raw", "others": {}},
}
ROWS = [
    {
        "name": "Male",
        "reaches": 1.2,
        "mean_dependency": 0.2,
        "mean_dependency_low": 0.15,
        "mean_dependency_high": 0.25,
        "gain": 1.1,
        "identity": None,
        "most": [
            {"attribute": "Beard", "change": 0.5, "low": 0.4, "high": 0.6},
            {"attribute": "Hat", "change": -0.2, "low": -0.3, "high": -0.1},
        ],
        "at_1_sd": {
            "reached": True,
            "most": [],
            "same_person": None,
            "words": {"usable": 0.9, "entangled": 0.1},
        },
    },
    {
        "name": "Smiling",
        "reaches": None,
        "mean_dependency": None,
        "gain": None,
        "identity": 0.5,
        "most": [],
        "at_1_sd": {"reached": False, "most": [], "same_person": None, "words": {"weak": 1.0}},
    },
]
UNKNOWN = {"value": None, "low": None, "high": None}
TABLES = {
    "axes": ["Male", "Smiling"],
    "edits": ["raw"],
    "method": "none",
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
        {"name": "Male", "agreement": {"correlation": 0.875}, "too_rare": ""},
        {"name": "Smiling", "agreement": None, "too_rare": "2 positives to fit"},
    ],
    "correlations": {
        "photographs": 0,
        "pairs": [
            {
                "axis": "Male",
                "attribute": "Beard",
                "change": 0.5,
                "photographs": None,
                "drawn": interval(0.75),
                "judge": interval(0.25),
                "word": "the labeller's",
            }
        ],
    },
    "truth": {
        "summary": {"samples_used": 2700, "median_angle": 4.4, "median_limit": 4.25},
        "axes": [
            {
                "name": "Male",
                "angle": 4.4,
                "stated_error": 4.5,
                "systematic_error": 7.0,
                "limit": None,
                "labeller_noise": 0.5,
            }
        ],
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


def test_edits_table_counts_usable_axes_by_way_of_editing():
    assert rows_of(edits_table(TABLES)) == [["raw", "1", "0.750±0.10", "–"]]


def test_axes_table_is_of_the_first_edit_without_the_axis_files_own():
    table = axes_table(TABLES)
    assert table.title.startswith("Axes, raw, 95 %")
    assert rows_of(table) == [
        ["Male", "0.20±0.05", "1.10", "–", "0.88", "usable 90%", "Beard +0.50±0.10"],
        ["Smiling", "–", "–", "0.50", "–", "too rare", "–"],
    ]


def test_axes_table_prefers_what_the_editor_does():
    both = TABLES | {"by_edit": TABLES["by_edit"] | {"orthogonalized": TABLES["by_edit"]["raw"]}}
    assert axes_table(both).title.startswith("Axes, orthogonalized, 95 %")
    local = both | {"by_edit": both["by_edit"] | {"local": TABLES["by_edit"]["raw"]}}
    assert axes_table(local).title.startswith("Axes, local, 95 %")


def test_correlations_table_tells_whose_a_side_effect_is():
    table = correlations_table(TABLES)
    assert rows_of(table) == [
        ["Male", "Beard", "+0.50", "–", "0.750±0.10", "0.250±0.10", "the labeller's"],
    ]
    assert "no photographs are prepared" in table.title


def test_truth_table_has_angles_in_degrees():
    table = truth_table(TABLES["truth"])
    assert rows_of(table) == [["Male", "4.40°", "4.50°", "7.00°", "–", "0.50"]]
    assert "2700 samples: median angle to the truth 4.40° (information limit 4.25°)" in table.title


@pytest.mark.parametrize("with_truth", [True, False])
def test_print_evaluation_ends_with_the_file(tmp_path, capsys, with_truth):
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps({key: value for key, value in TABLES.items() if with_truth or key != "truth"}))
    print_evaluation(path)
    printed = capsys.readouterr().out
    assert ("Known axes" in printed) == with_truth
    assert "locked leaks least: 0.125 sd, 0.125 less than raw (0.050 to 0.200)." in printed
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
