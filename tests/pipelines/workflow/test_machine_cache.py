"""What is stored of a machine: there in the next run, gone where the file is damaged, never in the way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.workflow.machine_cache import MachineCache


def test_cache_is_read_by_the_next_run(home):
    MachineCache("sizes")["H100 | a"] = 64
    MachineCache("sizes")["H100 | b"] = {"rows": 8}
    assert dict(MachineCache("sizes")) == {"H100 | a": 64, "H100 | b": {"rows": 8}}
    assert json.loads((home / "artifacts" / "sizes.json").read_text()) == dict(MachineCache("sizes"))
    del MachineCache("sizes")["H100 | a"]
    assert list(MachineCache("sizes")) == ["H100 | b"]
    assert MachineCache("others").get("H100 | b") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 64', b"[64]", b'"a"', b"null", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": 64}\x00'],
    ids=lambda content: repr(content[:9]),
)
def test_damaged_cache_counts_as_empty_and_is_rewritten(home, content):
    path = home / "artifacts" / "sizes.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert dict(MachineCache("sizes")) == {}
    MachineCache("sizes")["b"] = 2
    assert dict(MachineCache("sizes")) == {"b": 2}


def test_cache_that_cannot_be_written_raises_nothing(home):
    home.mkdir()
    (home / "artifacts").write_text("in the way")
    cache = MachineCache("sizes")
    cache["a"] = 64
    assert cache.get("a") is None
    assert [path.name for path in home.iterdir()] == ["artifacts"]


def test_threads_that_write_at_once_lose_nothing(home):
    cache = MachineCache("sizes")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cache.__setitem__(str(number), number), range(40)))
    assert dict(cache) == {str(number): number for number in range(40)}
    assert [path.name for path in (home / "artifacts").iterdir()] == ["sizes.json"]
