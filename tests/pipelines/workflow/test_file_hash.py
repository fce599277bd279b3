"""Hashes of files."""

from __future__ import annotations

import pytest

from models.weights.card import write_card
from pipelines.workflow.file_hash import file_hash, weights_hash
from tlgan.errors import UserError


def test_sidecar_changes_the_hash_of_its_network(tmp_path):
    network = tmp_path / "age.labeller.onnx"
    network.write_bytes(b"network")
    alone = weights_hash(network)
    assert alone == file_hash(network)
    network.with_suffix(".toml").write_text("attributes = []")
    first = weights_hash(network)
    network.with_suffix(".toml").write_text("attributes = [1]")
    assert len({alone, first, weights_hash(network)}) == 3


def test_a_network_that_differs_from_its_card_is_refused_by_name(tmp_path):
    network = tmp_path / "mine.labeller.h5"
    network.write_bytes(b"network")
    write_card(network, {})
    assert weights_hash(network) == file_hash(network)
    network.write_bytes(b"netwerk!")
    with pytest.raises(UserError, match=r"mine.labeller.h5: must have the SHA-256 of its card"):
        weights_hash(network)
