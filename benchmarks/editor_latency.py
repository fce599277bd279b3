"""Latency of an edit in the editor, scores included: by either method, on one page, and on twenty pages at once.

    python -m benchmarks.editor_latency [RECIPE]      # after `make run`; two minutes

Edits change one attribute by up to one standard deviation. Prints medians and 95th percentiles in milliseconds, and
edits per second. The server has no network between it
and the pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.options import command_parser
from tlgan.editing.predictions import METHODS, prediction_deviations
from tlgan.latents.sampling import draw_latents

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from pipelines.runs.finished_run import OpenedRun
    from tlgan.axes.latent_regressor import LatentRegressor

EDITS, PAGES, EDITS_OF_A_PAGE = 200, 20, 10


def open_editor(recipe: str) -> tuple[OpenedRun, Flask]:
    """The finished run of a recipe, and the editor on it without a limit of requests."""
    from pipelines.editing.web.app import create_app
    from pipelines.editing.web.security import RateLimiter
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_for_editing

    run = open_for_editing(load_recipe(recipe))
    return run, create_app(run, rate=RateLimiter(1e9, 1e9))


def edit_milliseconds(client: FlaskClient, run: OpenedRun, method: str, page: str, ticket: int) -> float:
    """Milliseconds from a moved slider to picture and scores; each ticket of a page is another edit of its face."""
    row = ticket % len(run.axes)
    change = float(prediction_deviations(run.axes, method)[row]) * ticket / EDITS
    state = {
        "start": {"seed": sum(map(ord, page))},
        "changes": {run.axes.names[row]: change},
        "method": method,
    }
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


def jacobian_milliseconds(regressor: LatentRegressor) -> list[float]:
    """Milliseconds of all scores of one latent with their Jacobian, on one thread as in a local edit."""
    latents = draw_latents(0, EDITS, regressor.latent_dim)
    times = []
    with threadpool_limits(1, user_api="blas"):
        for latent in latents:
            began = time.perf_counter()
            regressor.with_jacobian(latent[None])
            times.append(1000 * (time.perf_counter() - began))
    return times


def edit_on_many_pages(app: Flask, run: OpenedRun, method: str) -> list[float]:
    """Milliseconds of all edits of `PAGES` pages, each in a thread of its own."""
    times: list[float] = []

    def edit_one_page(number: int) -> None:
        client = app.test_client()
        for ticket in range(1, 1 + EDITS_OF_A_PAGE):
            page, size = f"{method} page {number}", ticket * EDITS // EDITS_OF_A_PAGE
            times.append(edit_milliseconds(client, run, method, page, size))

    threads = [threading.Thread(target=edit_one_page, args=(number,)) for number in range(PAGES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def print_latency(what: str, times: list[float]) -> None:
    """Print one line; times are milliseconds."""
    median, late = np.percentile(times, [50, 95])
    print(f"{what}: median {median:.3g} ms, 95th percentile {late:.3g} ms")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the latencies of a finished run."""
    parser = command_parser("editor_latency", __doc__)
    parser.add_argument("recipe", nargs="?", default="celeba64")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    run, app = open_editor(options.recipe)
    edit_milliseconds(app.test_client(), run, "straight", "first", 0)
    print(f"opened and drawn once after {time.perf_counter() - began:.1f} s; {len(run.axes)} scores")
    client = app.test_client()
    for method in METHODS if run.axes.regressor is not None else ("straight",):
        page = f"{method} alone"
        times = [edit_milliseconds(client, run, method, page, ticket) for ticket in range(1, EDITS + 1)]
        print_latency(f"{method}, {EDITS} edits of one page", times)
        began = time.perf_counter()
        times = edit_on_many_pages(app, run, method)
        seconds = time.perf_counter() - began
        print_latency(f"{method}, {EDITS_OF_A_PAGE} edits of each of {PAGES} pages at once", times)
        print(f"  {len(times) / seconds:.0f} edits per second in all")
    if run.axes.regressor is not None:
        print_latency("regressor and Jacobian of one latent", jacobian_milliseconds(run.axes.regressor))


if __name__ == "__main__":
    main()
