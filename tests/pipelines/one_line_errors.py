"""An expected error, as every command has to tell it."""

from __future__ import annotations


def check_one_line(result: tuple[int, str, str], *words: object) -> None:
    """Status 1, one line on stderr with all the words in it, no traceback; `result` as `command` gives it."""
    status, out, err = result
    assert status == 1, err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    for word in words:
        assert str(word) in err
