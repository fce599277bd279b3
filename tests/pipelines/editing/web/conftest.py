"""An editor over a run whose faces are computed at once: three flat tones that follow three attributes."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.editing.web.app import create_app
from pipelines.editing.web.security import RateLimiter
from pipelines.evaluation.verdicts import Verdict
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor

NAMES = ("Male", "Smiling", "Eyeglasses", "Unheard_Of")
DIM = 8


class TonesRun:
    """The first three numbers of a latent are the tones of its picture and its attributes."""

    def __init__(self, folder) -> None:
        plain = axes_from_directions(NAMES, np.eye(len(NAMES), DIM), latent_space="normal")
        self.axes = dataclasses.replace(
            plain,
            slopes=np.ones(len(NAMES)),
            intercepts=np.zeros(len(NAMES)),
            units=("logit", "logit", "logit", "mm"),
            kinds=("binary", "binary", "binary", "continuous"),
        )
        self.name, self.folder, self.gains = "tones", folder, {}
        self.generator = SimpleNamespace(name="tones", latent_dim=DIM, latent_space="normal", resolution=8)
        self.generator.sha256 = "ab" * 32
        self.verdicts = {"Eyeglasses": Verdict("weak", "Only AUC 0.60.")}
        self.broken = False

    def draw(self, latents):
        if self.broken:
            raise RuntimeError("out of order")
        tones = np.clip(128 + 24 * latents[:, None, None, :3], 0, 255).astype(np.uint8)
        return np.broadcast_to(tones, (len(latents), 8, 8, 3)).copy()

    def best_rows(self, latents, best_of):
        """The discriminator prefers red."""
        return latents[:, 0].reshape(-1, best_of).argmax(axis=1) + best_of * np.arange(
            len(latents) // best_of
        )

    def read(self, latents, images):
        scores = np.full((len(images), len(NAMES)), np.nan, np.float32)
        scores[:, :3] = (images.mean(axis=(1, 2)) - 128) / 24
        return scores


@pytest.fixture
def tones_run(tmp_path, monkeypatch):
    from pipelines.editing.web import request
    from pipelines.editing.web.routes import faces

    def seeded(run, seeds):
        return np.stack([np.random.default_rng(seed).standard_normal(DIM) for seed in seeds]).astype("f4")

    for module in (faces, request):
        monkeypatch.setattr(module, "seeded_latents", seeded)
    return TonesRun(tmp_path / "run")


@pytest.fixture
def tones_run_with_regressor(tones_run):
    """The run with a regressor of its first three attributes, which says what the axes say, up to ±10."""
    regressor = LatentRegressor.straight(NAMES[:3], np.eye(3, DIM), np.zeros(3))
    tones_run.axes = dataclasses.replace(tones_run.axes, regressor=regressor)
    return tones_run


@pytest.fixture
def editor(tones_run):
    return create_app(tones_run, rate=RateLimiter(1e6, 1e6), best_of=4)


@pytest.fixture
def client(editor):
    return _client(editor)


@pytest.fixture
def local_client(tones_run_with_regressor):
    """A client of the editor over a run with a regressor."""
    return _client(create_app(tones_run_with_regressor, rate=RateLimiter(1e6, 1e6)))


def _client(editor):
    """Sends requests as the page does."""
    client = editor.test_client()
    client.environ_base |= {"HTTP_X_TLGAN": "editor", "HTTP_HOST": "127.0.0.1:8642"}
    return client


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, driven by Playwright; tests are skipped where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address(editor):
    """Where the editor is served."""
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, editor, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
