"""Options of a photo encoder."""

from __future__ import annotations

import msgspec
import pytest

from models.kinds import kind_of
from models.kinds.photo_encoder import PHOTO_ENCODER, PhotoEncoderOptions


def test_kind_writes_an_encoder_of_its_generator():
    options = PhotoEncoderOptions(generator="faces")
    assert kind_of(options) is PHOTO_ENCODER
    assert (options.roles, options.source) == (("encoder",), "faces")
    assert options.parameters("me")["generator"] == "faces"


@pytest.mark.parametrize(
    "content", [{"batch": 1}, {"steps": 0}, {"learning_rate": 0}, {"pixel_weight": -1}, {"unknown": 1}]
)
def test_options_out_of_range_are_refused(content):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "photo-encoder"} | content, PhotoEncoderOptions)
