"""Requests to draw, as the page sends them."""

from __future__ import annotations

START = {"start": {"seed": 7}}


def draw(client, **state):
    """The response to a request for the face of `START`, with the other fields of its state."""
    return client.post("/api/draw", json={"state": START | state, "page": "a", "ticket": 1})
