"""Tables that the benchmarks print: Markdown, or columns of fixed width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tlgan.evaluation.labeller_agreement import share_interval


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """Markdown table; its columns after the first are aligned to the right if they hold numbers.

    Examples
    --------
    >>> print(markdown_table(["axis", "angle"], [["Age", "3.2°"]]))
    | axis | angle |
    |---|---:|
    | Age | 3.2° |
    """
    rule = "|---|" + ("---:|" if numbers else "---|") * (len(head) - 1)
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def share_text(found: ArrayLike) -> str:
    """A share of yes and no with its 95 % interval (Wilson); "–" of none.

    Examples
    --------
    >>> share_text([True] * 15 + [False] * 5)
    '75% (53–89%) of 20'
    """
    rows = np.asarray(found, bool)
    if not len(rows):
        return "–"
    low, high = share_interval(float(rows.mean()), len(rows))
    return f"{rows.mean():.0%} ({100 * low:.0f}–{high:.0%}) of {len(rows)}"


def print_columns(cells: Sequence[str], widths: Sequence[int]) -> None:
    """Print one line at once: the first cell at the left of its column, the others at the right of theirs.

    Cells may be missing at the end.
    """
    first = f"{cells[0]:{widths[0]}s}"
    others = (f"{cell:>{width}s}" for cell, width in zip(cells[1:], widths[1:], strict=False))
    print(first + "".join(others), flush=True)
