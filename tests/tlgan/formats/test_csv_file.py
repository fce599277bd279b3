"""Axes as CSV: what is refused."""

from __future__ import annotations

import pytest

from tlgan.errors import UserError
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
        ("direction_0\n1\n", "must have 'names'"),
        ("name\na\n", "must have 'directions'"),
        ("name,direction_0,method\na,1,none\nb,1,project\n", "the same in every row"),
        ("name,direction_0,n_samples\na,1,1.5\n", "CSV"),
        ('name,direction_0\n"a,1\n', "CSV"),
    ],
)
def test_csv_refuses(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        import_axes([tmp_path / "x.csv"])
