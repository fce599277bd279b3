"""Sources are opened once, when they are asked for."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.source import Source


def test_source_is_opened_once_with_its_weights():
    opened = []

    def opener(weights):
        opened.append(weights)
        return object()

    source = Source("toy", "fingerprint", opener, Path("toy.h5"))
    assert opened == []
    assert source.open() is source.open()
    assert opened == [Path("toy.h5")]


def test_source_that_fails_to_open_may_be_opened_again():
    attempts = []

    def opener(weights):
        attempts.append(1)
        if len(attempts) == 1:
            raise FileNotFoundError("not yet trained")
        return "network"

    source = Source("toy", "fingerprint", opener)
    try:
        source.open()
    except FileNotFoundError:
        assert source.open() == "network"


def test_sources_are_equal_whatever_opens_them():
    first, second = (Source("toy", "fingerprint", opener) for opener in (int, str))
    assert first == second
    assert first != Source("toy", "another", int)
    assert "opener" not in repr(first)
    assert (first.weights, first.by_hand, first.reads_images) == (None, False, True)
