"""The file of an evaluation: tables as JSON, arrays beside them."""

from __future__ import annotations

import dataclasses
import json

import h5py
import numpy as np

from pipelines.artifacts.evaluation_file import plain_json, read_arrays, read_evaluation, write_evaluation
from tests.pipelines.planted_fits import step_at
from tests.tlgan.storage.flipped_bytes import count_caught


def test_plain_json_converts_arrays_and_nan():
    content = {"a": np.float32(0.1), "b": [np.nan, np.int64(3)], "c": np.array([1.5, np.inf])}
    assert json.dumps(plain_json(content), allow_nan=False) == '{"a": 0.1, "b": [null, 3], "c": [1.5, null]}'


def test_plain_json_keeps_six_digits_and_texts():
    @dataclasses.dataclass
    class Effect:
        name: str
        change: float

    content = {1: Effect("Âge", 1 / 3), "yes": True, "none": None, "pair": (1, 2.0)}
    assert plain_json(content) == {
        "1": {"name": "Âge", "change": 0.333333},
        "yes": True,
        "none": None,
        "pair": [1, 2.0],
    }


TABLES = {"axes": ["Male"], "attributes": ["Male"], "edits": ["raw"], "steps": [-1.0, 1.0], "value": np.nan}
TABLES |= {"equal_changes": [0.5], "by_edit": {"raw": {"by_axis": []}}}


def test_evaluation_comes_back_with_unknown_numbers_as_none(tmp_path):
    step = step_at(tmp_path / "new" / "evaluation.json", "evaluate")
    arrays = {"deviations": np.arange(3.0), "raw/rescoring": np.ones((1, 2, 1))}
    write_evaluation(step, TABLES, arrays)
    tables = read_evaluation(step.output)
    assert tables["value"] is None
    assert (tables["steps"], tables["fingerprint"]) == ([-1.0, 1.0], step.fingerprint)
    read = read_arrays(step.output)
    assert read.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(read[name], values)
    with h5py.File(step.output.with_suffix(".h5")) as file:
        assert json.loads(file.attrs["axes_json"]) == ["Male"]


def test_every_wrong_byte_of_an_evaluation_is_caught_or_changes_nothing(tmp_path):
    step = step_at(tmp_path / "evaluation.json", "evaluate")
    write_evaluation(step, TABLES, {"raw/rescoring": np.ones((1, 2, 1))})
    arrays = step.output.with_suffix(".h5")
    positions = range(2048, arrays.stat().st_size, 31)
    read = lambda: {name: values.tolist() for name, values in read_arrays(step.output).items()}  # noqa: E731
    assert count_caught(arrays, read, positions) == len(positions)
    names = read_evaluation(step.output).keys()
    tables = lambda: {name: read_evaluation(step.output)[name] for name in names}  # noqa: E731
    assert count_caught(step.output, tables) > 0.7 * step.output.stat().st_size
