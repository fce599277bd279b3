"""Photographs that pages have opened: in memory, a few, one search at a time."""

from __future__ import annotations

import io
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from data.images.similarity import Similarity
from models.inversion.latent_descent import FoundLatents
from pipelines.editing.web import photographs
from pipelines.editing.web.photographs import MOST_PHOTOGRAPHS, PhotographStore
from tlgan.errors import UserError

LATENT = np.array([1, -1, 0.5, 0, 0, 0, 0, 0], "float32")


class GreyGenerator:
    """Draws one grey."""

    resolution = 8

    def __call__(self, latents):
        return np.full((len(latents), 8, 8, 3), 100, np.uint8)


class FlatInverter:
    """Finds the same latent for every photograph; waits for `waiting` where it is set."""

    def __init__(self):
        self.waiting, self.begun = None, threading.Event()
        self.objective = SimpleNamespace(generator=GreyGenerator())

    def __call__(self, crops, options, advance):
        self.begun.set()
        if self.waiting is not None:
            self.waiting.wait(10)
        return FoundLatents(LATENT[None], np.zeros(1), LATENT[None, None], (0,))


def flat_store(inverter=None):
    """A store that finds `LATENT` for every aligned photograph."""
    opened = SimpleNamespace(inverter=inverter or FlatInverter(), judge=None, recogniser=None)
    return PhotographStore(lambda: opened)


def photograph_bytes(side=64, form="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (110, 100, 90)).save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without a face detector: square photographs are taken as aligned."""
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_photograph_is_opened_and_closed(home):
    store = flat_store()
    key, face = store.add(photograph_bytes())
    assert store.face(key) is face
    assert face.face.placement == Similarity(64, 0)
    assert "aligned already" in face.photograph.note
    assert store.likeness(face, face.face.crop).psnr == np.inf
    store.close(key)
    store.close(key)
    with pytest.raises(UserError, match="no longer open"):
        store.face(key)
    assert not home.exists()  # nothing is written


def test_the_oldest_photographs_are_forgotten():
    store = flat_store()
    keys = [store.add(photograph_bytes())[0] for _ in range(MOST_PHOTOGRAPHS + 1)]
    assert len(set(keys)) == len(keys)
    with pytest.raises(UserError, match="no longer open"):
        store.face(keys[0])
    assert [store.face(key) is not None for key in keys[1:]] == [True] * MOST_PHOTOGRAPHS


def test_one_search_at_a_time():
    inverter = FlatInverter()
    inverter.waiting = threading.Event()
    store = flat_store(inverter)
    first = threading.Thread(target=store.add, args=(photograph_bytes(),))
    first.start()
    assert inverter.begun.wait(10)
    with pytest.raises(UserError, match="Another photograph is being opened"):
        store.add(photograph_bytes())
    inverter.waiting.set()
    first.join()
    store.add(photograph_bytes())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a text", "The photograph: is no image"),
        (photograph_bytes(4), "The photograph: must be at least 20 pixels"),
        (photograph_bytes()[:60], "The photograph: "),
    ],
)
def test_what_is_no_photograph_is_refused_and_the_next_one_is_opened(content, words):
    store = flat_store()
    with pytest.raises(UserError, match=words):
        store.add(content)
    store.add(photograph_bytes())


def test_too_many_pixels_are_refused(monkeypatch):
    monkeypatch.setattr(photographs, "MOST_PIXELS", 1000)
    with pytest.raises(UserError, match=r"must have at most 1,000 pixels. Got 64×64"):
        flat_store().add(photograph_bytes())
