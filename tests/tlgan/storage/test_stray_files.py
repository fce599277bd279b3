"""Files that a failed download left in place of others."""

from __future__ import annotations

import pytest

from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.stray_files import refuse_stray_file, stray_file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title>",
            "web page ('Google Drive - Quota",
        ),
        ("\ufeff\n <HTML><body>Sign in</body></HTML>", "a web page; fetch it again"),
        (
            '<?xml version="1.0"?>\n<!-- page -->\n<html xmlns="x"><title>A &amp; B</title>',
            "a web page ('A & B')",
        ),
        ("<script>location='https://elsewhere'</script>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n", "`git lfs pull`"),
        ("/annex/objects/SHA256E-s5--ab.pkl\n", "`git annex get`"),
        ('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "a server's message in XML"),
        ('{"error": {"code": 403}, "status": "x"}', "a server's message"),
        ("404: Not Found", "a server's message ('404: Not Found'); fetch it again"),
        ("Invalid username or password.\n", "a server's message"),
        ('{"message": "Not\\n Found"}', "('Not Found')"),
    ],
)
def test_stray_files_are_told(tmp_path, content, words):
    path = tmp_path / "network.pkl"
    path.write_text(content, encoding="utf-8")
    assert words in (stray_file(path) or "")
    with pytest.raises(UserError) as error:
        refuse_stray_file(path, "a network")
    assert str(error.value).startswith(f"{path}: must be a network. It is a")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Notes on what was not found\n",
        b"row,attribute,value\n",
        b"\x80\x04N.",
        b"PK\x03\x04",
        b"<svg></svg>",
        b"{",
        b"{} ",
        b'{"axes": []}',
        b"[1]",
    ],
)
def test_other_files_are_not(tmp_path, content):
    (tmp_path / "a.bin").write_bytes(content)
    assert stray_file(tmp_path / "a.bin") is None
    refuse_stray_file(tmp_path / "a.bin", "a network")


def test_a_file_that_is_not_there_is_left_to_the_reader(tmp_path):
    refuse_stray_file(tmp_path / "none", "a network")
    refuse_stray_file(tmp_path, "a network")


def test_everything_that_reads_a_file_says_so(tmp_path):
    path = tmp_path / "faces.axes.h5"
    path.write_text("<html></html>")
    with (
        pytest.raises(UserError, match=r"must be an axis file\. It is a web page"),
        reading(path, "an axis file"),
    ):
        pass
