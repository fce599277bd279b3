"""Every public name has a docstring that can be read alone, and an example that runs."""

from __future__ import annotations

import doctest
import inspect

import pytest

import tlgan

PUBLIC = [name for name in tlgan.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_example_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tests = doctest.DocTestFinder(recurse=False).find(getattr(tlgan, name), name, globs={})
    examples = sum(len(test.examples) for test in tests)
    assert examples, f"{name} has no example"
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test)
    assert not runner.failures


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_begins_with_a_short_sentence(name):
    first = inspect.getdoc(getattr(tlgan, name)).splitlines()[0]
    assert first.endswith(".")
    assert len(first) < 100


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "UserError"])
def test_docstring_names_every_parameter(name):
    documented = inspect.getdoc(getattr(tlgan, name))
    missing = [word for word in inspect.signature(getattr(tlgan, name)).parameters if word not in documented]
    assert not missing
