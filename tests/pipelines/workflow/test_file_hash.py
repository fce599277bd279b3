"""Hashes of files."""

from __future__ import annotations

from pipelines.workflow.file_hash import file_hash, weights_hash


def test_sidecar_changes_the_hash_of_its_network(tmp_path):
    network = tmp_path / "age.labeller.onnx"
    network.write_bytes(b"network")
    alone = weights_hash(network)
    assert alone == file_hash(network)
    network.with_suffix(".toml").write_text("attributes = []")
    first = weights_hash(network)
    network.with_suffix(".toml").write_text("attributes = [1]")
    assert len({alone, first, weights_hash(network)}) == 3
