"""Loading a discriminator: scores of pictures of bytes, four at a time."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.loaders.discriminator import load_discriminator
from models.networks.equalized_layers import smooth
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.weights.weight_file import network_arrays, write_weights
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def test_discriminator_scores_bytes_four_at_a_time(tmp_path):
    config = GanConfig(8, 1, (4, 3))
    network = ProgressiveDiscriminator(config)
    write_weights(tmp_path / "d.h5", "discriminator", config, network_arrays(network), dtype="float32")
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3)).astype("uint8")
    scores = load_discriminator(tmp_path / "d.h5")(images)
    filled = images[[0, 1, 2, 3]], images[[4, 5, 5, 5]]
    wanted = [ops.convert_to_numpy(network(part.astype("float32") / 127.5 - 1)) for part in filled]
    np.testing.assert_allclose(scores, np.concatenate(wanted)[:6], atol=1e-5)
    generator = tmp_path / "g.h5"
    write_weights(generator, "generator", config, network_arrays(ProgressiveGenerator(config)))
    with pytest.raises(UserError, match=r"must be a discriminator. Got a generator"):
        load_discriminator(generator)


def test_a_discriminator_trained_on_smoothed_pictures_sees_them_smoothed(tmp_path):
    config = GanConfig(8, 1, (4, 3))
    network, path = ProgressiveDiscriminator(config), tmp_path / "d.h5"
    arrays = network_arrays(network)
    write_weights(path, "discriminator", config, arrays, {"smoothing": 0.9}, dtype="float32")
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)).astype("uint8")
    wanted = network(smooth(images.astype("float32") / 127.5 - 1, 0.9))
    np.testing.assert_allclose(load_discriminator(path)(images), ops.convert_to_numpy(wanted), atol=1e-5)


@pytest.mark.parametrize("smoothing", [-1.0, "much", None, [1.0]])
def test_a_smoothing_that_is_none_is_a_one_line_error(tmp_path, smoothing):
    config, path = GanConfig(8, 1, (4, 3)), tmp_path / "d.h5"
    arrays = network_arrays(ProgressiveDiscriminator(config))
    write_weights(path, "discriminator", config, arrays, {"smoothing": smoothing})
    with pytest.raises(UserError, match=r"d\.h5: `smoothing` must be a number of pixels from 0 up\. Got "):
        load_discriminator(path)


def test_discriminator_never_scores_fewer_than_four_together(tmp_path, monkeypatch):
    """Where memory runs out it must fail, for fewer would give other scores."""
    import models.loaders.discriminator

    given = []
    monkeypatch.setattr(
        models.loaders.discriminator, "compile_forward", lambda score, batch_size: given.append(batch_size)
    )
    config = GanConfig(8, 1, (4, 3))
    write_weights(
        tmp_path / "d.h5", "discriminator", config, network_arrays(ProgressiveDiscriminator(config))
    )
    load_discriminator(tmp_path / "d.h5")
    with pytest.raises(UserError, match="ran out with 4 rows at a time"):
        given[0].halve_after(MemoryError())
