"""A line for each package: how many of its lines the tests ran.

Processes that a test starts are not counted.

Example: python -m pytest --cov --cov-report= && python -m tests.coverage_table
"""

from __future__ import annotations

from collections.abc import Mapping

PACKAGES = ("tlgan", "models", "data", "pipelines")


def coverage_lines(files: Mapping[str, tuple[int, int]]) -> list[str]:
    """The table.

    Parameters
    ----------
    files : mapping
        Path of a module, relative to the checkout, to (lines run, lines there are).

    Examples
    --------
    >>> coverage_lines({"tlgan/axes.py": (9, 10)})[0]
    'Coverage: tlgan       90 %  (9 of 10 lines)'
    """
    totals = {package: [0, 0] for package in PACKAGES}
    for path, (ran, lines) in files.items():
        of_package = totals[path.replace("\\", "/").split("/")[0]]
        of_package[0] += ran
        of_package[1] += lines
    totals["all"] = [sum(column) for column in zip(*totals.values(), strict=True)]
    return [
        f"Coverage: {name:9s} {100 * ran / lines:4.0f} %  ({ran:,} of {lines:,} lines)"
        for name, (ran, lines) in totals.items()
        if lines
    ]


def read_coverage() -> dict[str, tuple[int, int]]:
    """What the last test run wrote to `.coverage`."""
    import json
    import tempfile

    from coverage import Coverage

    coverage = Coverage()
    coverage.load()
    with tempfile.NamedTemporaryFile() as file:
        coverage.json_report(outfile=file.name)
        files = json.load(file)["files"]
    return {
        path: (content["summary"]["covered_lines"], content["summary"]["num_statements"])
        for path, content in files.items()
    }


if __name__ == "__main__":
    print("\n".join(coverage_lines(read_coverage())))
