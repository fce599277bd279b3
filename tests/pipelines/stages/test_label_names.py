"""Labels that no axis could be named after are refused before anything is fitted or trained."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.pipelines.one_line_errors import check_one_line

SMALL = ("-s", "known_axes.latent_dim=20", "-s", "known_axes.resolution=8", "-s", "sample.count=600")
NAMES = {"a\nb": "printable", "a\0b": "printable", "..": "dot", "x" * 201: "200 characters", "a\\b": "slash"}
NAMES |= {"中" * 100: "300 bytes", "\u202ex": "printable"}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:9])
def test_tables_with_impossible_names_are_refused_at_the_label_stage(tmp_path, home, command, name):
    table = tmp_path / "mine.csv"
    rows = "".join(f'{row},"{name}",{row % 2}\n' for row in range(600))
    table.write_text("row,attribute,value\n" + rows, encoding="utf-8", newline="")
    result = command("label", "known-axes", *SMALL, "-s", f'label.labellers=["{table}"]')
    check_one_line(result)
    error = result[2]
    assert "mine.csv" in error
    assert NAMES[name] in error or "attribute" in error
    assert not list(home.glob("artifacts/labels-*"))
    assert not list(home.glob("artifacts/fits-*"))


def test_data_sets_with_impossible_names_are_refused_before_the_faces_are_read(tmp_path, home, command):
    folder = tmp_path / "people"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(folder / f"{number}.png")
    (folder / "labels.csv").write_text("file,../x\n0.png,0\n1.png,1\n2.png,0\n")
    overrides = ("-s", "data.kind=folder", "-s", f"data.path={folder}", "-s", "data.resolution=8")
    result = command("prepare", "known-axes", *overrides)
    check_one_line(result)
    error = result[2]
    assert "labels.csv: '../x' cannot be part of a file name" in error
    assert not list(home.glob("artifacts/faces-*"))
