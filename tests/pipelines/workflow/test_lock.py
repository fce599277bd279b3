"""Locks: one writer at a time, and none for ever."""

from __future__ import annotations

import fcntl
import json
import os

import pytest

from pipelines.workflow.lock import ATTEMPTS, locked
from tlgan.errors import UserError


def test_lock_names_its_owner_and_ends_with_the_block(tmp_path):
    output = tmp_path / "artifacts" / "a.h5"
    with locked(output):
        owner = json.loads((tmp_path / "artifacts" / "a.h5.lock").read_text())
        assert owner["process"] == os.getpid()
        assert set(owner) == {"process", "host", "since"}
    assert list(output.parent.iterdir()) == []


def test_second_writer_error_names_the_first(tmp_path):
    output = tmp_path / "a.h5"
    with locked(output):
        words = rf"process {os.getpid()} on .*Wait for it, or stop it"
        with pytest.raises(UserError, match=words) as error, locked(output):
            pass
        assert str(error.value).startswith(f"{output}: must have one writer at a time")
        assert (tmp_path / "a.h5.lock").exists()  # the first still holds it
    with locked(output):
        pass


def test_other_artefacts_have_other_locks(tmp_path):
    with locked(tmp_path / "a.h5"), locked(tmp_path / "b.h5"):
        assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_error_releases_the_lock(tmp_path, error):
    with pytest.raises(error), locked(tmp_path / "a.h5"):
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "left", [json.dumps({"process": 1, "host": "elsewhere", "since": "2020-01-01 00:00:00"}), "{", "x" * 999]
)
def test_a_lock_left_by_a_dead_process_is_taken_over_with_a_message(tmp_path, left, capsys):
    """The system releases a dead process's lock, on whichever host; only its file stays."""
    (tmp_path / "a.h5.lock").write_text(left)
    with locked(tmp_path / "a.h5"):
        assert json.loads((tmp_path / "a.h5.lock").read_text())["process"] == os.getpid()
    assert "left by a process that is gone; taken over" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_lock_without_an_owner_yet_is_respected(tmp_path):
    with open(tmp_path / "a.h5.lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="a second beside another process"), locked(tmp_path / "a.h5"):
            pass


def test_a_lock_removed_while_it_was_opened_is_opened_again(tmp_path, monkeypatch):
    """The owner before may remove its file between our opening and locking it."""
    path, flock, calls = tmp_path / "a.h5.lock", fcntl.flock, []

    def removing(descriptor, operation):
        if not calls:
            path.unlink()
        calls.append(operation)
        return flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removing)
    with locked(tmp_path / "a.h5"):
        assert path.exists()
        with pytest.raises(UserError), locked(tmp_path / "a.h5"):
            pass
    assert len(calls) == 2 + 1 + ATTEMPTS
