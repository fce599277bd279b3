"""Fits and evaluations that another program made: refused in a sentence, whatever shape they have."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from pipelines.artifacts.evaluation_file import read_arrays, read_evaluation
from pipelines.artifacts.fits_file import read_fits, read_stability, write_fits
from tests.pipelines.artifacts.test_fits_file import small_fits
from tests.pipelines.planted_fits import step_at
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tlgan.errors import UserError


def replace(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


def zeros(file):
    del file["coefficients"]
    file.create_dataset("coefficients", shape=(2, 2**30), dtype="f8", chunks=(1, 2**20), compression="gzip")


FITS = {
    "names": lambda file: file.attrs.update(names_json="[" * 100_000),
    "names of numbers": lambda file: file.attrs.update(names_json="[1, 2]"),
    "no names": lambda file: file.attrs.pop("names_json"),
    "flags": lambda file: file.attrs.update(flags_json='["a", "b"]'),
    "units": lambda file: file.attrs.update(units_json='["logit"]'),
    "fewer rows": replace("coefficients", np.ones((1, 3))),
    "one dimension": replace("coefficients", np.ones(2)),
    "other shape": replace("standard_errors", np.ones((2, 4))),
    "texts": replace("held_out", [b"a", b"b"]),
    "missing": lambda file: file.pop("held_out"),
    "more": lambda file: file.create_dataset("more", data=np.ones(2)),
    "group": lambda file: file.create_group("ridge2"),
    "zeros": zeros,
    "link": lambda file: file.update({"more": h5py.ExternalLink("/etc/passwd", "/")}),
}


@pytest.mark.parametrize("change", FITS.values(), ids=FITS)
def test_fits_of_another_shape_are_refused(tmp_path, change):
    step = step_at(tmp_path / "fits.h5")
    write_fits(small_fits(), ["logit", "years"], step)
    with changing_hdf5(step.output) as file:
        change(file)
    with pytest.raises(UserError, match=r"fits\.h5: ") as caught:
        read_fits(step.output)
    assert len(str(caught.value)) < 600


EVALUATIONS = {
    "deep": '{"a":' * 100_000,
    "list": "[]",
    "nothing": "{}",
    "no text": b"\xff",
    "edits": json.dumps({"edits": [], "axes": [], "equal_changes": [1], "by_edit": {}}),
    "rows": json.dumps(
        {"edits": ["raw"], "axes": [], "equal_changes": [1], "by_edit": {"raw": {"by_axis": [1]}}}
    ),
    "digits": '{"edits": ["raw"], "equal_changes": ' + "9" * 5_000 + "}",
}


@pytest.mark.parametrize("content", EVALUATIONS.values(), ids=EVALUATIONS)
def test_evaluations_of_another_shape_are_refused(tmp_path, content):
    path = tmp_path / "evaluation.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=r"evaluation\.json: "):
        read_evaluation(path)
    path.with_suffix(".h5").write_bytes(b"none")
    with pytest.raises(UserError, match=r"evaluation\.h5: "):
        read_arrays(path)


@pytest.mark.parametrize(
    "change", [lambda file: file.update(stability=np.ones(3)), lambda file: file.create_group("stability/a")]
)
def test_stability_of_another_shape_is_refused(tmp_path, change):
    step = step_at(tmp_path / "fits.h5")
    write_fits(small_fits(), ["logit", "years"], step)
    with changing_hdf5(step.output) as file:
        change(file)
    with pytest.raises(UserError, match=r"fits\.h5: "):
        read_stability(step.output)
