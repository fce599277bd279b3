"""Tables as Excel, R, pandas and CelebA write them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from data.readers.text_table import read_text_table
from tlgan.errors import UserError

HEADER = ["file", "Age", "Hair"]
ROWS = [["a b.png", "20,5", "dark"], ["c.png", "31", ""]]


def table_of(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ('file,Age,Hair\na b.png,"20,5",dark\nc.png,31,\n', ","),
        ("file;Age;Hair\na b.png;20,5;dark\nc.png;31;\n", ";"),
        ("file\tAge\tHair\r\na b.png\t20,5\tdark\r\nc.png\t31\t\r\n", "\t"),
        ('file Age Hair\n"a b.png"   20,5 dark\nc.png 31 ""\n', " "),
        ("sep=;\r\nfile;Age;Hair\r\na b.png;20,5;dark\r\nc.png;31;\r\n", ";"),
        ('"sep=;"\nfile;Age;Hair\na b.png;20,5;dark\nc.png;31;\n', ";"),
        ("sep=,\nfile,Age,Hair\na b.png,\"20,5\",dark\nc.png,31,\n", ","),
        ("sep=\t\nfile\tAge\tHair\na b.png\t20,5\tdark\nc.png\t31\t\n", "\t"),
        ('"file";"Age";"Hair"\n"a b.png";20,5;"dark"\n"c.png";31;""\n', ";"),
        ('"";"file";"Age";"Hair"\n"1";"a b.png";20,5;"dark"\n"2";"c.png";31;""\n', ";"),  # R: write.csv2
        (',file,Age,Hair\n0,a b.png,"20,5",dark\n1,c.png,31,\n', ","),  # pandas
        ('"file" "Age" "Hair"\n"1" "a b.png" "20,5" "dark"\n"2" "c.png" 31 ""\n', " "),  # R: write.table
        ("file;Age;Hair;;\na b.png;20,5;dark;;\nc.png;31;;;\n", ";"),  # Excel: emptied columns
        ("file;Age;Hair\na b.png;20,5;dark;\nc.png;31;;\n", ";"),
        ("# by hand\n# second try\nfile;Age;Hair\na b.png;20,5;dark\nc.png;31;\n", ";"),
        ("# by hand, twice\nfile;Age;Hair\na b.png;20,5;dark\nc.png;31;\n", ";"),
        ("#file\tAge\tHair\na b.png\t20,5\tdark\nc.png\t31\t\n", "\t"),
        ("# faces of 2019\n#\tfile\tAge\tHair\na b.png\t20,5\tdark\nc.png\t31\t\n", "\t"),
        ("\n\nfile;Age;Hair\n\na b.png;20,5;dark\nc.png;31;\n;;\n", ";"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_table_in_every_dress(tmp_path: Path, text: str, separator: str, encoding: str) -> None:
    table = read_text_table(table_of(tmp_path, text, encoding))
    assert (table.header, [cells for _, cells in table.rows]) == (HEADER, ROWS)
    assert table.separator == separator


def test_rows_know_their_lines(tmp_path: Path) -> None:
    table = read_text_table(table_of(tmp_path, "sep=;\n\nfile;x\na;1\n\nb;2\n"))
    assert [line for line, _ in table.rows] == [4, 6]
    table = read_text_table(table_of(tmp_path, "2\nx y\na.jpg -1  1\nb.jpg  1 -1 \n"))
    assert table.header == ["", "x", "y"]
    assert table.rows == [(3, ["a.jpg", "-1", "1"]), (4, ["b.jpg", "1", "-1"])]


def test_a_comma_in_a_heading_is_no_separator(tmp_path: Path) -> None:
    table = read_text_table(table_of(tmp_path, "file;Age, years\na.png;20,5\nb.png;31,5\n"))
    assert (table.separator, table.header) == (";", ["file", "Age, years"])


def test_texts_are_composed(tmp_path: Path) -> None:
    table = read_text_table(table_of(tmp_path, unicodedata.normalize("NFD", "file,Größe\nZoë.png,1\n")))
    assert (table.header[1], table.rows[0][1][0]) == ("Gr\u00f6\u00dfe", "Zo\u00eb.png")


@pytest.mark.parametrize(
    "text", [",Age\n5,20\n7,31\n", ",Age\n0,20\n1,31\n", ",file,Age\nx,0.png,20\ny,1.png,31\n"]
)
def test_a_first_column_that_is_no_count_stays(tmp_path: Path, text: str) -> None:
    assert read_text_table(table_of(tmp_path, text)).header[0] == ""


@pytest.mark.parametrize(
    ("text", "encoding", "words"),
    [
        ("file,Größe\na,1\n", "latin-1", "must be a readable UTF-8 CSV"),
        ('file,x\n"a"b,1\n', "utf-8", "must be a readable UTF-8 CSV"),
        ("<!DOCTYPE html><title>Sign in</title>", "utf-8", "It is a web page ('Sign in'); fetch it again"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, encoding: str, words: str) -> None:
    path = table_of(tmp_path, text, encoding)
    with pytest.raises(UserError) as error:
        read_text_table(path)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    with pytest.raises(UserError, match=r"none\.csv"):
        read_text_table(tmp_path / "none.csv")


def test_an_empty_table_has_no_heading(tmp_path: Path) -> None:
    assert read_text_table(table_of(tmp_path, "")).header == []
