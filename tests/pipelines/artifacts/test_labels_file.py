"""The artefact of labels: columns with their names, or a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.artifacts.labels_file import read_labels
from tests.pipelines.row_steps import write_rows
from tlgan.errors import UserError

FACTS = {"names": ["a", "b"], "kinds": ["binary", "continuous"], "units": ["logit", "mm"]}


def test_labels_are_read_with_the_names_of_their_columns(tmp_path):
    scores = np.arange(6, dtype="f4").reshape(3, 2)
    labels = read_labels(write_rows(tmp_path / "labels.h5", FACTS, scores=scores).output, 2)
    assert labels[:3] == (("a", "b"), ("binary", "continuous"), ("logit", "mm"))
    np.testing.assert_array_equal(labels.scores, scores[:2])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"names": ["a"]}, "a column of scores for each of its names"),
        ({"kinds": ["binary"]}, "1 kinds"),
        ({"units": []}, "0 units"),
        ({"names": [1, 2]}, "must name its columns"),
        ({"kinds": None}, "must name its columns"),
        ({"units": "mm"}, "must name its columns"),
    ],
)
def test_labels_of_another_shape_are_refused(tmp_path, changed, message):
    path = write_rows(tmp_path / "labels.h5", FACTS | changed, scores=np.zeros((3, 2), "f4")).output
    with pytest.raises(UserError, match=message) as refused:
        read_labels(path)
    assert str(refused.value).startswith(f"{path}: ")
