"""JSON files whose content has a checksum."""

from __future__ import annotations

import json

import pytest

from pipelines.workflow.checked_json import read_json, write_json
from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError

CONTENT = {"name": "Âge", "numbers": [1, -2.5, 1e-07, None], "deep": {"a": {"b": True}}, "pair": (1, 2)}


@pytest.fixture
def path(tmp_path):
    write_json(tmp_path / "a.json", CONTENT)
    return tmp_path / "a.json"


def test_content_comes_back_without_its_checksum(path):
    content, checked = read_json(path, "")
    assert content == {**CONTENT, "pair": [1, 2]}
    assert checked
    assert len(json.loads(path.read_text(encoding="utf-8"))["checksum"]) == 64


def test_every_wrong_byte_is_caught_or_changes_nothing(path):
    def read():
        content = read_json(path, "Write it again.")[0]
        return {name: content[name] for name in CONTENT}  # a checksum under another name is a further key

    assert count_caught(path, read) > 0.7 * path.stat().st_size


def test_files_of_earlier_versions_are_read_unchecked(tmp_path):
    (tmp_path / "old.json").write_text('{"a": NaN}')
    content, checked = read_json(tmp_path / "old.json", "")
    assert content.keys() == {"a"}
    assert not checked


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"3", b"\xff", b'{"a": 1, "checksum": 3}', b"[" * 100_000]
)
def test_other_content_is_refused_by_name(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a.json: is damaged: .* Write it again\.$"):
        read_json(path, "Write it again.")


def test_a_missing_file_is_an_operating_system_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json", "")
