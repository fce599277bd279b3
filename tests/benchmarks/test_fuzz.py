"""What a reader may not do is found, and told apart from reading and refusing."""

from __future__ import annotations

import os
import signal
import warnings

import pytest

from benchmarks.fuzz import fuzz
from benchmarks.fuzzing.readers import READERS, FuzzedReader
from tlgan.errors import UserError

VALID = b"valid file"


def misbehave(act):
    """A reader that reads the valid file, and does something with every other."""

    def read(path):
        if path.read_bytes() != VALID:
            act()

    return FuzzedReader("a.txt", "bytes", lambda: [VALID], read)


def run(monkeypatch, tmp_path, act, count=3):
    monkeypatch.chdir(tmp_path)
    for name in ("TLGAN_HOME", "TF_CPP_MIN_LOG_LEVEL", "HDF5_USE_FILE_LOCKING"):
        monkeypatch.setenv(name, "")
    monkeypatch.setitem(READERS, "planted", misbehave(act))
    return fuzz("planted", b"another", count, 60.0, tmp_path / "found")


def refuse():
    raise UserError("must be valid")


def refuse_without_words():
    raise UserError("")


def take_memory():
    return bytearray(2**31)


def hide_that_memory_ran_out():
    try:
        take_memory()
    except MemoryError as error:
        raise UserError("is damaged") from error


def write_on_the_screen():
    os.write(2, b"HDF5-DIAG: Error detected")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda: {}["a"], "KeyError"),
        (lambda: warnings.warn("overflow", RuntimeWarning, stacklevel=1), "warning"),
        (take_memory, "memory"),
        (hide_that_memory_ran_out, "memory"),
        (refuse_without_words, "message"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "crash"),
        (lambda: os.system("true"), "command"),
        (lambda: open("../../outside.txt", "w").close(), "file"),
        (write_on_the_screen, "screen"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_a_reader_may_not_do_is_found(monkeypatch, tmp_path, act, kind):
    tally = run(monkeypatch, tmp_path, act)
    assert {found for found, _ in tally.findings} == {kind}
    assert tally.findings.total() == tally.files == 3
    (saved,) = (tmp_path / "found").iterdir()  # the three are one file
    assert saved.name.startswith(f"planted--{kind}--")
    assert saved.read_bytes() == b"another"


@pytest.mark.parametrize(("act", "counts"), [(refuse, (0, 3)), (lambda: None, (3, 0))])
def test_reading_and_refusing_are_no_findings(monkeypatch, tmp_path, act, counts):
    tally = run(monkeypatch, tmp_path, act)
    assert (tally.read, tally.refused) == counts
    assert not tally.findings
    assert not (tmp_path / "found").exists()


def test_computing_without_end_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr("benchmarks.fuzzing.child.MOST_SECONDS", 0.2)

    def compute():
        while True:
            pass

    tally = run(monkeypatch, tmp_path, compute, count=1)
    assert {found for found, _ in tally.findings} == {"time"}
