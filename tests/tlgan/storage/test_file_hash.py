"""The hash of a file is the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib

import pytest

from tlgan.storage.file_hash import file_sha256


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 5000])
def test_file_sha256_is_that_of_the_bytes(content, tmp_path):
    path = tmp_path / "weights.h5"
    path.write_bytes(content)
    assert file_sha256(path) == file_sha256(str(path)) == hashlib.sha256(content).hexdigest()


def test_file_sha256_of_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "none")
