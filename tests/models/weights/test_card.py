"""The card beside a network's file holds its hash."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.weights.card import (
    card_path,
    check_card,
    read_card,
    renewing_card,
    write_card,
    write_card_before,
)
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "mine.labeller.onnx"
    path.write_bytes(b"numbers")
    return path


def test_a_card_holds_what_is_given_and_the_hash(network):
    write_card(network, {"score": np.float32(0.5), "sha256": "of another file"})
    assert card_path(network).name == "mine.labeller.json"
    assert read_card(network) == {"score": 0.5, "sha256": file_sha256(network)}
    assert check_card(network)
    assert check_card(network, file_sha256(network))


def test_another_file_is_refused_with_both_hashes_and_the_mend(network):
    write_card(network, {})
    stated = file_sha256(network)
    network.write_bytes(b"numbars")
    words = (
        rf"onnx: must have .* mine.labeller.json, {stated[:12]}…. Got {file_sha256(network)[:12]}….*delete"
    )
    with pytest.raises(UserError, match=words) as error:
        check_card(network)
    assert str(error.value).startswith(f"{network}: ")
    assert "\n" not in str(error.value)


def test_a_card_written_before_its_file_speaks_of_no_file(network):
    write_card(network, {"score": 1})
    write_card_before(network, read_card(network) | {"score": 2})
    assert read_card(network) == {"score": 2}
    network.write_bytes(b"other numbers")
    assert not check_card(network)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 100_000, b'{"sha256": 3}', b" " * 2**22 + b"{}"],
)
def test_without_a_card_that_can_be_read_nothing_is_compared(network, content):
    if content is not None:
        card_path(network).write_bytes(content)
    assert not check_card(network)


def test_a_card_has_its_hash_once_the_file_is_written(network):
    with renewing_card(network, {"source": "a"}):
        assert read_card(network) == {"source": "a"}
        network.write_bytes(b"other numbers")
    assert read_card(network) == {"source": "a", "sha256": file_sha256(network)}
    with pytest.raises(ZeroDivisionError), renewing_card(network, {"source": "b"}):
        raise ZeroDivisionError
    assert read_card(network) == {"source": "b"}


def test_figures_of_a_card_are_json(network):
    write_card(network, {"auc": 0.5})
    assert json.loads(card_path(network).read_text(encoding="utf-8"))["auc"] == 0.5
