"""What decoders cost, on few faces."""

from __future__ import annotations

import pytest

from benchmarks import decoder_cost
from benchmarks.decoder_cost import make_trainer

pytestmark = pytest.mark.network


def test_parameters_grow_with_decoders_and_hardly_with_levels():
    images = decoder_cost.drawn_images(600)
    assert images.images.shape == (600, 64, 64, 3)
    sizes = {
        kind: [make_trainer(kind, lights, images).network.whole.count_params() for lights in (2, 4)]
        for kind in decoder_cost.KINDS
    }
    assert sizes["DeepFakes"][1] > 1.2 * sizes["DeepFakes"][0]
    assert sizes["Fader"][0] < sizes["Fader"][1] < 1.05 * sizes["Fader"][0]
