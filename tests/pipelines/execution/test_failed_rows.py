"""Rows that cannot be computed are named, and their latents saved."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.execution.failed_rows import FailedRow, finite_scores, locating_rows, saving_failed_row
from tlgan.errors import NonFiniteError, UserError

LATENTS = np.arange(12, dtype="f4").reshape(4, 3)


def labeller(reads_images):
    return SimpleNamespace(name="toy", names=("Male", "Age"), reads_images=reads_images)


def test_finite_scores_pass():
    scores = np.ones((4, 2), "f4")
    assert finite_scores(labeller(True), scores) is scores


@pytest.mark.parametrize(("wrong", "told"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_network_that_gives_no_number_is_named_with_its_rows(wrong, told):
    scores = np.ones((4, 2), "f4")
    scores[[1, 3], 1] = wrong
    with pytest.raises(NonFiniteError, match=rf"toy gives {told} for Age\.") as caught:
        finite_scores(labeller(True), scores)
    assert caught.value.rows == (1, 3)


def test_what_nobody_labelled_by_hand_is_no_failure():
    scores = np.full((4, 2), np.nan, "f4")
    assert finite_scores(labeller(False), scores) is scores
    scores[2, 0] = np.inf
    with pytest.raises(NonFiniteError):
        finite_scores(labeller(False), scores)


def fail():
    with locating_rows(LATENTS, start=100):
        raise NonFiniteError("toy draws NaN.", [2, 3])


def test_the_first_failed_row_is_located():
    with pytest.raises(FailedRow, match=r"toy draws NaN\.") as caught:
        fail()
    assert caught.value.row == 102
    np.testing.assert_array_equal(caught.value.latent, LATENTS[2])
    again = pickle.loads(pickle.dumps(caught.value))  # as it comes from a worker
    assert (str(again), again.row, again.latent.tolist()) == ("toy draws NaN.", 102, LATENTS[2].tolist())


def test_the_latent_is_saved_until_the_stage_ends_well(tmp_path):
    output = tmp_path / "samples-1.h5"
    with pytest.raises(UserError) as caught, saving_failed_row(output):
        fail()
    saved = tmp_path / "samples-1.h5.row-102.npy"
    np.testing.assert_array_equal(np.load(saved), LATENTS[2])
    assert str(caught.value).startswith(
        f"{output}: stopped at row 102: toy draws NaN. Its latent is in {saved}"
    )
    with saving_failed_row(output):
        pass
    assert list(tmp_path.iterdir()) == []
