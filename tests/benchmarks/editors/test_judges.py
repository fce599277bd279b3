"""The reader of the factors of drawn faces."""

from __future__ import annotations

import numpy as np

from benchmarks.editors import judges
from benchmarks.editors.judges import OWN, factor_judge
from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS


class MeanColours:
    """A network that knows nothing but the mean colour of a picture."""

    def score_and_features(self, images, latents, start):
        features = images.mean(axis=(1, 2)).astype(np.float32)
        return features[:, :1], features


def test_factors_that_fill_the_picture_are_read_off_it(monkeypatch):
    monkeypatch.setattr(judges, "COMPONENTS", 20)
    monkeypatch.setattr(judges, "HIDDEN", (32,))
    judge = factor_judge(MeanColours(), 720, resolution=16)
    factors = np.random.default_rng(0).standard_normal((200, len(FACTORS)))
    sight = judge.look(draw_portraits(factors, 16))
    assert sight.scores.shape == (200, 20)
    assert sight.person.shape == (200, len(OWN))
    for name in ("Background", "Light"):
        place = FACTORS.index(name)
        assert np.corrcoef(sight.scores[:, place], factors[:, place])[0, 1] > 0.6, name
    assert judge.notes[0].startswith("R² of the factors")
    assert np.isnan(sight.second).all()
    np.testing.assert_array_equal(judge.distances(sight.person, sight.person + 0.5), np.full(200, 0.5))
