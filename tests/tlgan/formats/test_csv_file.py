"""Axes as CSV: what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.columns import KINDS_NOT_STATED
from tlgan.formats.csv_file import read_csv, write_csv
from tlgan.formats.import_export import import_axes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,direction_0\n", "Got no row"),
        ("name,name,direction_0\na,b,1\n", "'name' is there twice"),
        ("name,direction_0\na,1\nb\n", "row 3 must have as many cells"),
        ("name,direction_0,direction_2\na,1,1\n", "without gaps"),
        ("name,direction_0\na,x\n", "could not convert"),
        ("name,direction_0\na,\n", "could not convert"),
        ("direction_0\n1\n", "must have `names`. It has direction_0"),
        ("name\na\n", "must have `directions`. It has name"),
        ("name,direction_0,method\na,1,none\nb,1,project\n", "the same in every row"),
        ("name,direction_0,n_samples\na,1,1.5\n", "CSV"),
        ('name,direction_0\n"a,1\n', "CSV"),
    ],
)
def test_csv_refuses(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        import_axes([tmp_path / "x.csv"])


def test_csv_as_documented(tmp_path):
    axes = axes_from_directions(["Âge, années"], [[0.6, 0.8]], latent_space="sphere", generator="toy")
    assert write_csv(axes, tmp_path / "x.csv") == []
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines() == [
        "name,kind,unit,slope,intercept,angular_error,held_out,n_samples,held_out_low,held_out_high,positives,"
        "held_out_positives,held_out_samples,systematic_errors,latent_space,generator,"
        "generator_sha256,method,base,direction_0,direction_1,raw_direction_0,raw_direction_1",
        '"Âge, années",continuous,,,,,,0,,,,,,,sphere,toy,,none,[],0.6,0.8,0.6,0.8',
    ]


def test_csv_of_a_spreadsheet_is_read(tmp_path):
    (tmp_path / "x.csv").write_bytes(
        "\ufeffname,slope,direction_0,direction_1\r\na,2,0,1\r\n\r\nb,,1,0\r\n".encode()
    )
    axes, notes = read_csv(tmp_path / "x.csv", "normal")
    assert axes.names == ("a", "b")
    np.testing.assert_array_equal(axes.slopes, [2, np.nan])
    np.testing.assert_array_equal(axes.directions, [[0, 1], [1, 0]])
    assert notes == [KINDS_NOT_STATED]


@pytest.mark.parametrize("start", ["", "sep=;\r\n"])
def test_csv_of_a_european_spreadsheet_is_read(tmp_path, start):
    text = "name;kind;slope;latent_space;direction_0;direction_1\r\n1,5;binary;0,5;normal;-0,6;8e-1\r\n"
    (tmp_path / "x.csv").write_text(start + text)
    axes, notes = read_csv(tmp_path / "x.csv")
    np.testing.assert_allclose(axes.directions, [[-0.6, 0.8]])
    assert (axes.names, axes.slopes.tolist(), notes) == (("1,5",), [0.5], [])
