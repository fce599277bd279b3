"""Wrong bits are refused; a reader that would take one is caught."""

from __future__ import annotations

import numpy as np

from benchmarks.flip import digest, flip, main


def test_no_wrong_bit_changes_what_is_read(capsys):
    assert main(["--count", "36"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert (last[0], int(last[1]), last[4]) == ("all", 36, "0")
    assert int(last[2]) > 24


def test_a_reader_without_a_checksum_is_caught(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(100))
    wanted = digest(path.read_bytes())
    assert flip(path, lambda path: path.read_bytes(), wanted, np.random.default_rng(0)) == "wrong"
    assert path.read_bytes() == bytes(100)
    assert (
        flip(path, lambda path: path.read_bytes()[:0] + bytes(100), wanted, np.random.default_rng(0))
        == "unchanged"
    )


def test_digest_tells_every_number_and_its_type():
    values = (
        {"a": np.zeros(2)},
        {"a": np.array([0, -0.0])},
        {"a": np.zeros(2, "f4")},
        {"b": np.zeros(2)},
        [np.zeros(2)],
    )
    assert len({digest(value) for value in values}) == len(values)
    assert digest(values[0]) == digest({"a": np.zeros(2)})
