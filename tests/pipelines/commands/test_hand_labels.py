"""Sampled images as files to label by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from tlgan.storage.row_files import map_rows


@pytest.mark.network
def test_images_are_written_with_an_empty_table(finished, tmp_path, command):
    from PIL import Image

    folder = tmp_path / "out"
    settings = ("images", finished, "--rows", "7-9", "--folder", folder, "--attribute", "Beard")
    status, out, err = command(*settings)
    assert status == 0, err
    assert "Wrote 3 images" in out
    sample = make_plan(load_recipe(str(finished))).sample
    picture = np.asarray(Image.open(folder / "000008.png"))
    np.testing.assert_array_equal(picture, map_rows(sample.output, "images")[8])
    assert (folder / "labels.csv").read_text().split() == [
        "row,attribute,value",
        *(f"{row},Beard," for row in (7, 8, 9)),
    ]
    status, _, err = command(*settings)  # labels are never written over
    assert status == 1
    assert "is there already" in err


@pytest.mark.network
@pytest.mark.parametrize("rows", ["0-600", "9-3", "x", "5", "-1-4"])
def test_rows_without_an_image_are_refused(finished, tmp_path, command, rows):
    status, _, err = command("images", finished, f"--rows={rows}", "--folder", tmp_path)
    assert status == 1
    assert "`--rows` must be first-last, from 0 to 599" in err
