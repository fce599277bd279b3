"""Latency of an edit in the editor, labels included: one page, and twenty at once.

python benchmarks/bench_editor.py [RECIPE]
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

MOVES, TABS, MOVES_OF_A_TAB = 200, 20, 10


def main() -> None:
    """Print medians and 95th percentiles in milliseconds."""
    from pipelines.editing.web.app import create_app
    from pipelines.editing.web.security import RateLimiter
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_for_editing

    began = time.perf_counter()
    run = open_for_editing(load_recipe(sys.argv[1] if len(sys.argv) > 1 else "celeba64"))
    app = create_app(run, rate=RateLimiter(1e9, 1e9))
    move(app.test_client(), run, "warm", 0)
    print(f"opened and drawn once after {time.perf_counter() - began:.1f} s")
    client = app.test_client()
    report(f"{MOVES} moves of one page", [move(client, run, "one", ticket) for ticket in range(1, MOVES + 1)])

    times: list[float] = []

    def tab(number: int) -> None:
        own = app.test_client()
        for ticket in range(MOVES_OF_A_TAB):
            times.append(move(own, run, f"tab {number}", ticket))

    tabs = [threading.Thread(target=tab, args=(number,)) for number in range(TABS)]
    began = time.perf_counter()
    for thread in tabs:
        thread.start()
    for thread in tabs:
        thread.join()
    seconds = time.perf_counter() - began
    report(f"{MOVES_OF_A_TAB} moves of each of {TABS} pages at once", times)
    print(f"  {len(times) / seconds:.0f} edits a second in all")


def move(client, run, page: str, ticket: int) -> float:
    """Milliseconds from a moved slider to picture and scores: a new edit of a page's face each time."""
    name = run.axes.names[ticket % len(run.axes)]
    slope = float(run.axes.slopes[run.axes.index(name)])
    state = {"start": {"seed": sum(map(ord, page))}, "changes": {name: 0.1 * slope * (1 + ticket / 100)}}
    began = time.perf_counter()
    response = client.post(
        "/api/draw",
        json={"state": state, "page": page, "ticket": ticket},
        headers={"X-Tlgan": "editor", "Host": "127.0.0.1"},
    )
    seconds = time.perf_counter() - began
    if response.status_code != 200:
        raise SystemExit(f"{response.status_code}: {response.get_json()}")
    return 1000 * seconds


def report(what: str, times: list[float]) -> None:
    """Print one line."""
    median, late = np.percentile(times, [50, 95])
    print(f"{what}: median {median:.0f} ms, 95th percentile {late:.0f} ms")


if __name__ == "__main__":
    main()
