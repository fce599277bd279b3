"""Tell files that are not what their names say: a web page, a pointer, a server's message, an empty file."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path

from tlgan.errors import UserError

HEAD_BYTES = 4096
AGAIN = "fetch it again"

_PAGE = re.compile(
    rb"(<\?xml[^>]*>|<!--.*?-->|\s)*<(!doctype\s+html|html|head|body|script|title|meta)\b", re.I | re.S
)
_TITLE = re.compile(rb"<title[^>]*>\s*(.*?)\s*</title", re.I | re.S)
_REFUSAL = re.compile(
    rb"\s*(\d{3}\W+)?(not found|forbidden|access denied|unauthorized|too many requests|entry not found"
    rb"|invalid username or password|repository not found|service unavailable|bad gateway|error \d{3}\b)",
    re.I,
)
_MESSAGE_KEYS = {"error", "errors", "message", "detail", "reason"}  # of a server's answer in JSON


def stray_file(path: str | os.PathLike[str]) -> str | None:
    """What a file is that a failed download left in place of another, and what to do; None for any other file.

    Parameters
    ----------
    path : path of a file

    Returns
    -------
    str or None
        "a web page (“Quota exceeded”); fetch it again".

    Raises
    ------
    OSError
        Where the file cannot be read.

    Examples
    --------
    >>> from tlgan.storage.stray_files import stray_file
    >>> _ = open("network.pkl", "w").write("<!DOCTYPE html><title>Sign in</title>")
    >>> stray_file("network.pkl")
    "a web page ('Sign in'); fetch it again"
    """
    path = Path(path)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(plain):
        title = _TITLE.search(plain)
        named = html.unescape(" ".join(title[1].decode("utf-8", "replace").split())) if title else ""
        return f"a web page{f' ({named[:80]!r})' if named else ''}; {AGAIN}"
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`"
    if head.startswith(b"/annex/objects/"):
        return "a pointer of git-annex, not the file itself; fetch it with `git annex get`"
    if plain.lstrip().startswith(b"<?xml") and re.search(rb"<(Error|Code|Message)>", plain):
        return f"a server's message in XML; {AGAIN}"
    if len(head) < HEAD_BYTES and _REFUSAL.match(plain):
        return f"a server's message ({' '.join(plain.decode('utf-8', 'replace').split())[:80]!r}); {AGAIN}"
    if len(head) < HEAD_BYTES and path.suffix.lower() != ".json" and plain.lstrip().startswith(b"{"):
        return _message(plain)
    return None


def refuse_stray_file(path: str | os.PathLike[str], what: str) -> None:
    """Raise a UserError that starts with the path where a file is a stray one.

    Parameters
    ----------
    path : path; one that is no file is left to whoever opens it
    what : str, what the file should be, with its article: "an axis file"
    """
    try:
        found = stray_file(path)
    except OSError:
        return
    if found:
        raise UserError(f"{path}: must be {what}. It is {found}.")


def _message(content: bytes) -> str | None:
    """A server's answer in JSON that says what went wrong."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    keys = _MESSAGE_KEYS & answer.keys() if isinstance(answer, dict) else set()
    if not keys:
        return None
    said = " ".join(str(answer[min(keys)]).split())[:80]
    return f"a server's message ({said!r}); {AGAIN}"
