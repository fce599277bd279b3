"""The newest request of each page is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.web.renderer import Renderer, Superseded, Ticket


def test_older_requests_of_a_page_are_given_up_and_other_pages_are_not(tones_run):
    renderer = Renderer(tones_run)
    for ticket in (Ticket("a", 1), Ticket("a", 2), Ticket("b", 1)):
        renderer.announce(ticket)
    latents = np.arange(16, dtype=np.float32).reshape(2, 8)
    with pytest.raises(Superseded):
        renderer.faces(latents, Ticket("a", 1))
    assert len(renderer.faces(latents[:1], Ticket("a", 2))) == 1
    assert len(renderer.faces(latents[1:], Ticket("b", 1))) == 1


def test_face_drawn_before_is_not_drawn_again(tones_run):
    renderer = Renderer(tones_run)
    latents = np.ones((1, 8), np.float32)
    (first,) = renderer.faces(latents)
    tones_run.broken = True
    assert renderer.faces(latents)[0] is first
