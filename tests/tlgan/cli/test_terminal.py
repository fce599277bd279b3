"""Output in any encoding, and tables of any width."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from tlgan.axes.axes import axes_from_directions
from tlgan.cli.terminal import allow_any_terminal, is_unicode, print_table
from tlgan.formats.axis_file import write_axes

ROOT = Path(__file__).parents[3]
NAMES = ("Smiling", "Größe", "年齢")


def run(folder, encoding, *arguments):
    """`python -m tlgan ARGUMENTS` with an output of this encoding; its exit code, output and error output."""
    done = subprocess.run(
        [sys.executable, "-m", "tlgan", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
    )
    return (
        done.returncode,
        done.stdout.decode(encoding.partition(":")[0]),
        done.stderr.decode("ascii", "replace"),
    )


@pytest.fixture
def folder(tmp_path):
    write_axes(axes_from_directions(NAMES, np.eye(3, 4), latent_space="normal"), tmp_path / "faces.axes.h5")
    return tmp_path


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ("Smiling", "Größe", "??")),
        ("latin-1", ("Smiling", "Größe", "??")),
        ("ascii", ("Smiling", "GroBe", "??")),
        ("cp437", ("Smiling", "Größe", "??")),
        ("utf-8", NAMES),
    ],
)
def test_show_replaces_what_a_terminal_lacks(folder, encoding, names):
    status, out, err = run(folder, encoding, "show", "faces.axes.h5")
    assert status == 0, err
    for name in names:
        if not (encoding == "ascii" and "B" in name):
            assert name in out
    assert err == ""


def test_json_loses_no_name_whatever_the_encoding(folder):
    for encoding in ("latin-1", "utf-8", "ascii"):
        status, out, _ = run(folder, encoding, "show", "faces.axes.h5", "--json")
        assert status == 0
        assert tuple(axis["name"] for axis in json.loads(out)["axes"]) == NAMES


def test_errors_are_one_line_in_any_encoding(folder):
    status, _, err = run(folder, "latin-1", "show", "年齢.axes.h5")
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("Error: ??.axes.h5: there is no such file")


def test_signs_become_ascii_and_accents_are_dropped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    allow_any_terminal()
    print("✓ fit: 3° → 2°, 64×64 – Zoë, \udcff, 年")
    stream.flush()
    assert stream.buffer.getvalue().decode() == "* fit: 3 deg -> 2 deg, 64x64 - Zoe, ?, ?\n"


def test_streams_of_other_programs_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    allow_any_terminal()
    print("→")
    assert sys.stdout.getvalue() == "→\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", True), ("UTF8", True), ("utf_16", True), ("cp1252", False), ("", False), (None, False)],
)
def test_is_unicode(encoding, expected):
    assert is_unicode(encoding) is expected


def wide_table() -> Table:
    table = Table("name", "value", title="a title")
    table.columns[0].no_wrap = True
    for end in ("first", "second"):
        table.add_row("attribute_" * 150 + end, "1")
    return table


def test_tables_are_never_cut_outside_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes rich take a pipe for a terminal
    monkeypatch.setenv("COLUMNS", "40")
    print_table(wide_table())
    printed = capsys.readouterr().out
    for end in ("first", "second"):
        assert "attribute_" * 150 + end in printed
    assert "…" not in printed


def test_tables_fit_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    print_table(wide_table(), Console(file=stream, width=60, color_system=None))
    assert max(map(len, stream.getvalue().splitlines())) <= 60


def test_python_m_tlgan_works(folder):
    status, out, _ = run(folder, "utf-8", "--help")
    assert status == 0
    assert out.startswith("Usage: tlgan")
    assert run(folder, "utf-8", "nonesuch")[0] == 2
