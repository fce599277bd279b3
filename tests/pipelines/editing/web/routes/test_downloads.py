"""Files to download: animations, pictures, latents."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.pipelines.editing.web.drawing import START


@pytest.mark.parametrize("kind", ["edit", "axis", "morph"])
def test_animations_are_gifs(client, kind):
    state = START | {"second": {"seed": 9}, "changes": {"Smiling": 3.0}}
    response = client.post("/api/animation", json={"state": state, "kind": kind, "axis": "Male"})
    assert response.mimetype == "image/gif"
    assert Image.open(io.BytesIO(response.data)).n_frames > 10


def test_files_of_a_face(client):
    latent = np.load(io.BytesIO(client.post("/api/latent.npy", json={"state": START}).data))
    assert latent.shape == (8,)
    picture = client.post("/api/picture.png", json={"state": START})
    assert Image.open(io.BytesIO(picture.data)).size == (8, 8)
