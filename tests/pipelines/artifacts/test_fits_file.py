"""Fits as an artefact: everything comes back, damage is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.artifacts.fits_file import read_fits, read_stability, write_fits
from pipelines.stages.fit import measure_stability
from tests.pipelines.planted_fits import KINDS, NAMES, plant_logits, step_at
from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError
from tlgan.regression.fit import Fits, fit_glms


def small_fits() -> Fits:
    """Two fits with a flag and an unknown number."""
    numbers = np.array([0.5, np.nan])
    fields = dict.fromkeys(("intercepts", "angular_errors", "cone_angles", "held_out", "p_values"), numbers)
    fields |= dict.fromkeys(
        (
            "adjusted_p_values",
            "base_rates",
            "ridge",
            "intercept_standard_errors",
            "held_out_low",
            "held_out_high",
        ),
        numbers,
    )
    return Fits(
        names=("smile", "Âge"),
        kinds=("binary", "continuous"),
        families=("huber", "gaussian"),
        coefficients=np.arange(6.0).reshape(2, 3),
        standard_errors=np.ones((2, 3)),
        n_samples=np.array([10, 0]),
        held_out_samples=np.array([2, 0]),
        held_out_positives=np.array([1, 0]),
        flags=((), ("constant", "few samples")),
        **fields,
    )


def test_fits_file_keeps_every_field(tmp_path):
    fits, step = small_fits(), step_at(tmp_path / "fits.h5")
    write_fits(fits, ["logit", "years"], step)
    read, units = read_fits(step.output)
    assert units == ("logit", "years")
    for name, value in vars(fits).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(read, name), value, err_msg=name)
        else:
            assert getattr(read, name) == value
    assert read_stability(step.output) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["fits.h5"]


@pytest.mark.parametrize("read", [read_fits, read_stability])
@pytest.mark.parametrize("content", [None, b"", b"no artefact"])
def test_damaged_fits_file_is_refused(tmp_path, read, content):
    path = tmp_path / "fits.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))


@pytest.fixture(scope="module")
def planted():
    return plant_logits()


def test_fits_file_round_trip_with_stability(planted, tmp_path):
    fits = fit_glms(*planted, NAMES, KINDS)
    step = step_at(tmp_path / "fits.h5")
    write_fits(fits, ["logit"] * 3, step, measure_stability(*planted, NAMES, KINDS))
    read, units = read_fits(step.output)
    np.testing.assert_array_equal(read.coefficients, fits.coefficients)
    assert (read.flags, units) == (fits.flags, ("logit",) * 3)
    stability = read_stability(step.output)
    for name, values in measure_stability(*planted, NAMES, KINDS).items():
        np.testing.assert_array_equal(stability[name], values)
    assert stability["curve_cosines"].shape == (4, 3)
    write_fits(fits, ["logit"] * 3, step)
    assert read_stability(step.output) == {}


def test_every_wrong_byte_of_a_fits_file_is_caught(tmp_path):
    step = step_at(tmp_path / "fits.h5")
    write_fits(small_fits(), ["logit", "years"], step, {"half_cosines": np.ones(2)})
    positions = range(2048, step.output.stat().st_size, 47)
    assert count_caught(step.output, lambda: repr(read_fits(step.output)), positions) == len(positions)
    assert count_caught(step.output, lambda: repr(read_stability(step.output)), positions) == len(positions)
