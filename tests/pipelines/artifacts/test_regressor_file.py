"""The artefact of the stage regress: a regressor comes back as it was, or none with its reason."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from pipelines.artifacts.regressor_file import read_regressor_file, write_regressor_file
from pipelines.workflow.step import Step
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.errors import UserError


@pytest.fixture
def step(tmp_path):
    return Step(
        stage="regress",
        title="regress",
        version=1,
        parameters={},
        inputs={},
        place=lambda fingerprint: tmp_path / "regressor.h5",
        work=lambda step: None,
    )


def test_regressor_comes_back_as_it_was(step):
    regressor = LatentRegressor.straight(["Smiling", "Age"], [[1.0, 2.0], [0.5, 0.0]], [0.1, 40.0])
    write_regressor_file(regressor, "", step)
    read = read_regressor_file(step.output)
    assert read.names == regressor.names
    assert read([[0.3, -0.2]]) == pytest.approx(regressor([[0.3, -0.2]]), abs=1e-6)
    assert read.weights[0].tolist() == regressor.weights[0].tolist()


def test_no_regressor_comes_back_as_none_with_its_reason(step):
    write_regressor_file(None, "too few rows", step)
    assert read_regressor_file(step.output) is None
    with h5py.File(step.output) as file:
        assert file.attrs["reason"] == "too few rows"


def test_damaged_file_names_itself_and_the_remedy(step):
    Path(step.output).write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"regressor\.h5: .*run the same command again"):
        read_regressor_file(step.output)
