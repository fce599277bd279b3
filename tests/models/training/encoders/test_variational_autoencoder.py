"""Training of a variational autoencoder: it learns, resumes exactly, and publishes standard normal latents."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

import models
from models.kinds.vae import VaeOptions
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.training.encoders.variational_autoencoder import VaeTrainer
from models.training.trainer import TEST, TRAIN, VALIDATION, TrainingImages
from models.weights.weight_file import network_arrays, write_weights
from tlgan.errors import UserError

pytestmark = pytest.mark.network
OPTIONS = VaeOptions(
    latent_dim=5,
    encoder_maps=(6, 8),
    decoder_maps=(8, 6),
    steps=40,
    batch=16,
    learning_rate=5e-3,
    decay_steps=8,
    warmup_steps=5,
)


def gradients(n: int, seed: int = 0) -> np.ndarray:
    """Pictures of 16 pixels that a colour and a slope describe."""
    random = np.random.default_rng(seed)
    colours = random.uniform(60, 190, (n, 1, 1, 3))
    slopes = random.uniform(-50, 50, (n, 1, 1, 1)) * np.linspace(-1, 1, 16)[:, None, None]
    return np.clip(colours + slopes, 0, 255).astype("uint8") + np.zeros((1, 1, 16, 1), "uint8")


def trainer_of(options=OPTIONS, n=96, side=16):
    images = TrainingImages(
        source="faces.h5",
        images=gradients(n + 32)[:, :side, :side],
        labels=np.zeros((n + 32, 1), "float32"),
        split=np.repeat([TRAIN, VALIDATION, TEST], [n, 16, 16]),
        names=["none"],
        kinds=["binary"],
        units=[""],
    )
    return VaeTrainer(options, "toy", images)


def test_training_learns_to_draw_its_pictures():
    trainer = trainer_of()
    before = trainer.measure()["psnr"]
    losses = [trainer.train_step() for _ in range(40)]
    assert trainer.train_step() is None
    assert trainer.finished
    assert set(losses[0]) == {"loss", "pixels", "divergence"}
    assert losses[-1]["pixels"] < 0.3 * losses[0]["pixels"]
    assert trainer.measure()["psnr"] > before + 2
    assert trainer.preview().shape == (32, 16, 16, 3)


def test_pictures_too_small_for_the_similarity_are_measured_without_it():
    options = replace(OPTIONS, encoder_maps=(4,), decoder_maps=(4,))
    _, metrics = trainer_of(options, side=8).publish()
    assert set(metrics["means"]) == {"psnr"}


def test_resumed_training_takes_the_same_steps(tmp_path):
    whole = trainer_of()
    for _ in range(4):
        whole.train_step()
    first = trainer_of()
    for _ in range(2):
        first.train_step()
    first.save(tmp_path / "a.checkpoint.h5")
    second = trainer_of()
    second.restore(tmp_path / "a.checkpoint.h5")
    for _ in range(2):
        second.train_step()
    assert second.progress == 4
    for one, other in zip(whole.variables().items(), second.variables().items(), strict=True):
        assert one[0] == other[0]
        np.testing.assert_allclose(np.array(one[1]), np.array(other[1]), rtol=1e-4, atol=1e-5, err_msg=one[0])


def test_published_latents_are_standard_normal_and_belong_together(tmp_path):
    trainer = trainer_of()
    for _ in range(40):
        trainer.train_step()
    networks, metrics = trainer.publish()
    assert [(network.role, network.hash_of) for network in networks] == [
        ("encoder", "generator"),
        ("generator", ""),
    ]
    assert set(metrics["means"]) == {"psnr", "ssim"}
    for network in networks:
        metadata = {"generator_sha256": "ab"} if network.role == "encoder" else {}
        path = tmp_path / f"toy.{network.role}.h5"
        write_weights(path, network.kind, network.config, network.arrays, metadata, dtype="float32")
    encoder = models.load_encoder(tmp_path / "toy.encoder.h5")
    generator = models.load_generator(tmp_path / "toy.generator.h5")
    assert generator.latent_space == "normal"
    faces = gradients(96 + 32)[:96]
    latents = encoder(faces)
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=1e-2)
    variances = np.linalg.eigvalsh(np.cov(latents.T, bias=True))
    assert variances[-1] < 1.001  # the rest is the spread of the posteriors
    assert variances[-1] > 0.8
    drawn = trainer._reconstruct(faces)
    assert np.abs(generator(latents).astype(int) - drawn).max() <= 1


@pytest.mark.parametrize("architecture", ["residual", "plain"])
def test_features_count_beside_the_pixels(tmp_path, architecture):
    config = AttributeCnnConfig(16, 1, architecture, widths=(4, 4), depths=(1, 1))
    path = tmp_path / "eyes.labeller.h5"
    write_weights(path, "attribute_cnn", config, network_arrays(build_attribute_cnn(config)))
    trainer = trainer_of(replace(OPTIONS, features=str(path), feature_every=4))
    losses = [trainer.train_step() for _ in range(2)]
    assert losses[1]["features"] > 0
    assert losses[1]["loss"] > losses[1]["pixels"] + 0.004 * losses[1]["features"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (replace(OPTIONS, batch=97), r"`batch` must be at most the number of training faces \(96\). Got 97"),
        (replace(OPTIONS, encoder_maps=(4,)), "`encoder_maps` must have one entry"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        trainer_of(options)


def test_learning_rate_rises_and_falls_to_zero_at_the_end():
    trainer = trainer_of(n=16)
    rates = []
    for progress in (0, 4, 31, 32, 36, 39):
        trainer.progress = progress
        rates.append(trainer._learning_rate() / OPTIONS.learning_rate)
    np.testing.assert_allclose(rates[:5], [0.2, 1, 1, 1, 0.5])
    assert rates[5] < 0.05
