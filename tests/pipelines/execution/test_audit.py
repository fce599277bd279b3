"""What pip-audit prints becomes a status and sentences."""

from __future__ import annotations

import json

import pytest

from pipelines.execution.audit import CLEAN, FOUND, NOT_REACHED, judge, main

GOOD = {"name": "rich", "version": "15.0.0", "vulns": []}
BAD = {
    "name": "old",
    "version": "1",
    "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}, {"id": "X", "fix_versions": []}],
}
SKIPPED = {"name": "own", "skip_reason": "not on PyPI"}


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([GOOD], CLEAN, "1 packages audited, 0 known weaknesses."),
        ([GOOD, SKIPPED], CLEAN, "1 packages audited, 0 known weaknesses; 1 are not in the database."),
        (
            [GOOD, BAD],
            FOUND,
            "old 1: CVE-1, mended in 2\nold 1: X, not mended yet\n2 packages audited, 2 known weaknesses.",
        ),
        ([SKIPPED], NOT_REACHED, "Nothing was audited: PyPI's database"),
        ([], NOT_REACHED, "Nothing was audited"),
    ],
)
def test_a_report_is_judged(packages, status, words):
    found, text = judge(json.dumps({"dependencies": packages}))
    assert found == status
    assert text.startswith(words)


@pytest.mark.parametrize("report", ["", "ERROR: no connection", "[]", "null", '{"dependencies": null}'])
def test_where_nothing_was_asked_it_says_so(report):
    assert judge(report)[0] == NOT_REACHED


def test_the_program_is_run(tmp_path, capsys):
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\necho no connection >&2; exit 1\n")
    program.chmod(0o755)
    assert main([str(program)]) == NOT_REACHED
    assert capsys.readouterr().out.count("\n") == 1
