"""Every reader reads or refuses changed files; Hypothesis chooses the changes, the same ones each time."""

from __future__ import annotations

import contextlib
import warnings
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzzing.mutations import mutate
from benchmarks.fuzzing.readers import READERS
from tlgan.errors import UserError

NETWORKS = {"keras", "checkpoint", "weights", "official-pickle", "torch", "torch-bytes", "file-kind", "onnx"}
FEW = settings(
    derandomize=True,
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def seeds_of(name):
    return READERS[name].seeds()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.network] if name in NETWORKS else []) for name in READERS]
)
@FEW
@given(data=st.one_of(st.integers(0, 2**32), st.binary(max_size=64)))
def test_changed_files_are_read_or_refused(name, data, tmp_path, monkeypatch):
    reader = READERS[name]
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    path = tmp_path / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if reader.prepare and not path.exists():
        reader.prepare(tmp_path)
    path.write_bytes(data if isinstance(data, bytes) else mutate(seeds_of(name), reader.form, Random(data)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with contextlib.suppress(UserError):
            reader.read(path)


@pytest.mark.parametrize("name", sorted(READERS.keys() - NETWORKS))
def test_valid_files_are_read(name, tmp_path, monkeypatch):
    reader = READERS[name]
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    path = tmp_path / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if reader.prepare:
        reader.prepare(tmp_path)
    for content in seeds_of(name):
        path.write_bytes(content)
        reader.read(path)
