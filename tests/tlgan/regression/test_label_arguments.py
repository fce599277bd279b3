"""Names and kinds of label columns, from arrays, data frames and options."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.regression.label_arguments import column_names, kinds_of_columns, one_per_column


def test_arrays_and_hdf5_datasets_have_no_column_names(tmp_path):
    assert column_names(np.zeros((3, 2))) is None
    assert column_names([[1, 2], [3, 4]]) is None
    with h5py.File(tmp_path / "labels.h5", "w") as file:
        assert column_names(file.create_dataset("scores", data=np.zeros(3))) is None


def test_data_frames_and_series_have_column_names():
    pandas = pytest.importorskip("pandas")
    assert column_names(pandas.DataFrame({"Smiling": [0.0], 7: [1.0]})) == ("Smiling", "7")
    assert column_names(pandas.Series([1.0], name="Age")) == ("Age",)
    assert column_names(pandas.Series([1.0], name=0)) == ("0",)
    assert column_names(pandas.Series([1.0])) is None


def test_a_column_of_zeros_and_ones_is_binary():
    nan = np.nan
    labels = np.array([[0, 1, 0, 0.5, nan], [1, nan, 2, 0, 1], [1, 1, 1, 1, nan]])
    assert kinds_of_columns(labels) == ("binary", "binary", "continuous", "continuous", "binary")


def test_one_text_stands_for_all_columns_only_where_it_may():
    assert one_per_column("kinds", "binary", 3, shared=True) == ("binary",) * 3
    assert one_per_column("kinds", np.array(["binary", "continuous"]), 2, shared=True) == (
        "binary",
        "continuous",
    )
    with pytest.raises(UserError, match=r"`attribute_names` must have one text per column of `y` \(3\)"):
        one_per_column("attribute_names", "abc", 3, shared=False)


@pytest.mark.parametrize("given", [["binary"], ["binary", 1], 3, None, []])
def test_another_number_of_texts_is_refused(given):
    with pytest.raises(UserError, match=r"^`kinds` must have one text per column of `y` \(2\)\. Got "):
        one_per_column("kinds", given, 2, shared=True)
