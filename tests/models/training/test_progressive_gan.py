"""Training of the GAN: schedule, losses against formulas on a linear discriminator, exact resume."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from models.networks.progressive_gan import GanConfig
from models.training.progressive_gan import GanTrainer, GanTraining, Phase, check_schedule, schedule_position
from models.weights.weight_file import network_arrays
from tlgan.errors import UserError

CONFIG = GanConfig(8, 4, (4, 4))
GROWING = (Phase(4, 0, 100, 10), Phase(8, 40, 60, 5))


def photographs(n=40):
    """Pictures of a bright square on dark ground, at several places."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 60, (n, 8, 8, 3)).astype("uint8")
    for picture, (top, left) in zip(pictures, random.integers(0, 4, (n, 2)), strict=True):
        picture[top : top + 4, left : left + 4] = (250, 200, 120)
    return pictures


@pytest.mark.parametrize(
    ("seen", "resolution", "fade"),
    [(0, 4, 1.0), (99, 4, 1.0), (100, 8, 0.0), (110, 8, 0.25), (140, 8, 1.0), (199, 8, 1.0)],
)
def test_schedule_positions(seen, resolution, fade):
    phase, got = schedule_position(GROWING, seen)
    assert (phase.resolution, got) == (resolution, fade)


def test_schedule_ends():
    assert schedule_position(GROWING, 200) is None
    assert schedule_position((), 0) is None


@pytest.mark.parametrize("sizes", [[], [8, 4], [16], [4, 16], [6], [2]])
def test_impossible_schedules_are_refused(sizes):
    with pytest.raises(UserError, match=r"`schedule` must have at least one phase") as error:
        check_schedule([Phase(size, 0, 10, 4) for size in sizes], 8)
    assert str(sizes) in str(error.value)


def test_schedules_that_stay_or_stop_early_are_allowed():
    check_schedule([Phase(4, 0, 10, 4), Phase(4, 0, 10, 8)], 16)


@pytest.mark.network
def test_checkpoints_of_earlier_versions_stay_valid():
    """What identifies a training is written in checkpoints that took hours."""
    trainer = GanTrainer(CONFIG, GanTraining(), GROWING)
    assert trainer._identity() == {
        "config": {
            "resolution": 8,
            "latent_dim": 4,
            "maps": (4, 4),
            "channels": 3,
            "bias_per_pixel": False,
            "normalize_latents": True,
            "pixel_norm": True,
            "pixel_norm_epsilon": 1e-8,
            "smooth_before_activation": True,
        },
        "seed": 1,
        "loss": "logistic-r1",
    }


class Linear(keras.layers.Layer):
    """Scores Σ w · x + 1: its gradient with respect to every picture is w."""

    def __init__(self, size: int):
        super().__init__()
        self.kernel = self.add_weight(shape=(8, 8, 3), initializer="zeros", name="kernel")
        self.kernel.assign(np.random.default_rng(5).normal(0, 0.2, (8, 8, 3)).astype("float32"))
        self.size = size
        self.built = True

    def call(self, images, fade=None):
        kernel = self.kernel[: self.size, : self.size]
        return ops.sum(images * kernel, axis=(1, 2, 3)) + 1.0


def linear_losses(training: GanTraining, step: str, size: int, fade: float):
    """Discriminator losses as trained, and what they are computed from."""
    trainer = GanTrainer(CONFIG, training, GROWING)
    trainer.discriminator = Linear(size)
    trainer.optimizers["discriminator"] = keras.optimizers.Adam(training.learning_rate)
    kernel = np.array(trainer.discriminator.kernel)[:size, :size]
    random = np.random.default_rng(6)
    real = random.uniform(-1, 1, (5, size, size, 3)).astype("float32")
    latents = random.standard_normal((5, 4)).astype("float32")
    fake = ops.convert_to_numpy(trainer.generator(latents, resolution=size, fade=np.float32(fade)))
    arrays = [ops.convert_to_tensor(value) for value in (real, latents, np.float32(fade))]
    mixes = ops.convert_to_tensor(random.random((5, 1, 1, 1)).astype("float32"))
    losses = trainer._step(step, size, fade < 1)(*arrays, mixes)
    if fade < 1:  # photographs fade as pictures do
        small = real.reshape(5, size // 2, 2, size // 2, 2, 3).mean(axis=(2, 4))
        real = small.repeat(2, axis=1).repeat(2, axis=2) * (1 - fade) + real * fade
    scores = [(images * kernel).sum(axis=(1, 2, 3)) + 1 for images in (real, fake)]
    return [float(loss) for loss in losses], *scores, np.square(kernel).sum()


def softplus(values):
    return np.logaddexp(0, values)


@pytest.mark.network
@pytest.mark.parametrize(("step", "size", "fade"), [("plain", 8, 0.25), ("penalized", 4, 1.0)])
def test_logistic_loss_with_r1_is_the_formula(step, size, fade):
    training = GanTraining(penalty=0.6, penalty_interval=3)
    losses, real, fake, square = linear_losses(training, step, size, fade)
    wanted = softplus(fake).mean() + softplus(-real).mean()
    if step == "penalized":  # gamma / 2 |∇|², for every third step, gamma smaller with the pixels
        wanted += 3 * 0.6 * (size / 8) ** 2 / 2 * square
    np.testing.assert_allclose(losses, [wanted, real.mean(), fake.mean()], rtol=1e-4, atol=1e-5)


@pytest.mark.network
def test_wgan_gp_loss_is_the_formula():
    losses, real, fake, square = linear_losses(GanTraining("wgan-gp", penalty=10.0), "penalized", 8, 1.0)
    wanted = fake.mean() - real.mean() + 10 * (np.sqrt(square) - 1) ** 2 + 0.001 * np.square(real).mean()
    np.testing.assert_allclose(losses, [wanted, real.mean(), fake.mean()], rtol=1e-4, atol=1e-5)


@pytest.mark.network
def test_generator_loss_is_the_formula():
    for loss, wanted in (
        ("logistic-r1", lambda scores: softplus(-scores).mean()),
        ("wgan-gp", lambda s: -s.mean()),
    ):
        trainer = GanTrainer(CONFIG, GanTraining(loss), GROWING)
        trainer.discriminator = Linear(8)
        latents = np.random.default_rng(6).standard_normal((5, 4)).astype("float32")
        scores = ops.convert_to_numpy(trainer.discriminator(trainer.generator(latents)))
        step = trainer._step("generator", 8, False)
        (got,) = step(ops.convert_to_tensor(latents), ops.convert_to_tensor(np.float32(1)))
        assert float(got) == pytest.approx(float(wanted(scores).mean()), rel=1e-4)


SHORT = (Phase(8, 64, 0, 8),)  # fading all the way: few steps to compile
TRAINING = GanTraining(penalty_interval=1, learning_rate=0.005)


def arrays_of(trainer):
    return {
        f"{owner}/{name}": values
        for owner in ("generator", "discriminator", "average")
        for name, values in network_arrays(getattr(trainer, owner)).items()
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training to its end with a checkpoint from amid its fade-in, and the arrays after one step."""
    trainer = GanTrainer(CONFIG, TRAINING, SHORT)
    checkpoint = tmp_path_factory.mktemp("gan") / "middle.checkpoint.h5"
    history, states = [], [arrays_of(trainer)]
    while trainer.position() is not None:
        if trainer.images_seen == 32:
            trainer.save(checkpoint)
        history.append(trainer.train_step(photographs()))
        if len(states) == 1:
            states.append(arrays_of(trainer))
    return trainer, checkpoint, history, states


@pytest.mark.network
def test_a_step_moves_both_networks_and_the_average_half_way(trained):
    _, _, history, (before, after) = trained
    assert set(history[0]) == {"discriminator", "real", "fake", "generator", "images"}
    assert history[0]["images"] == 8
    assert np.isfinite(list(history[0].values())).all()
    # While fade is 0 the new layers are not drawn with; everything below them moves.
    for name in ("generator/dense/kernel", "generator/to_rgb4/kernel", "discriminator/conv4/kernel"):
        assert np.abs(after[name] - before[name]).max() > 1e-4
    for name in after:
        if name.startswith("average/"):  # the share of the past halves in max(batch, images seen / 20) images
            current = after[name.replace("average/", "generator/")]
            np.testing.assert_allclose(after[name], (before[name] + current) / 2, rtol=1e-4, atol=1e-5)


@pytest.mark.network
def test_a_training_ends_with_its_schedule_and_then_changes_nothing(trained):
    trainer, _, history, _ = trained
    assert trainer.images_seen == 64
    assert len(history) == 8
    before = arrays_of(trainer)
    assert trainer.train_step(photographs()) is None
    for name, values in arrays_of(trainer).items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.network
def test_every_variable_has_moved_by_the_end(trained):
    trainer, _, _, (before, _) = trained
    still = [name for name, values in arrays_of(trainer).items() if np.array_equal(values, before[name])]
    assert still == []


@pytest.mark.network
def test_a_resumed_training_ends_where_the_uninterrupted_one_did(trained):
    trainer, checkpoint, history, _ = trained
    resumed = GanTrainer(CONFIG, TRAINING, SHORT)
    resumed.restore(checkpoint)
    assert resumed.images_seen == 32
    for wanted in history[4:]:
        assert resumed.train_step(photographs()) == pytest.approx(wanted, rel=1e-3, abs=1e-4)
    assert resumed.position() is None
    wanted = arrays_of(trainer)
    for name, values in arrays_of(resumed).items():
        np.testing.assert_allclose(values, wanted[name], rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.network
def test_a_longer_schedule_continues_a_checkpoint_and_other_networks_do_not(trained):
    _, checkpoint, _, _ = trained
    longer = GanTrainer(CONFIG, TRAINING, (*SHORT, Phase(8, 0, 500, 16)))
    longer.restore(checkpoint)
    assert longer.images_seen == 32
    for config, training, differs in (
        (GanConfig(8, 5, (4, 4)), TRAINING, "config"),
        (CONFIG, GanTraining(seed=2), "seed"),
        (CONFIG, GanTraining("wgan-gp"), "loss"),
    ):
        with pytest.raises(UserError, match=rf"of another training \({differs} differ\)"):
            GanTrainer(config, training, SHORT).restore(checkpoint)


@pytest.mark.network
def test_preview_shows_the_average_at_the_resolution_in_training(trained):
    trainer, _, _, _ = trained
    latents = np.random.default_rng(7).standard_normal((70, 4)).astype("float32")
    resolution, pictures = trainer.preview(latents)
    assert resolution == 8
    assert pictures.shape == (70, 8, 8, 3)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(trainer.preview(latents[66:])[1], pictures[66:])
    early = GanTrainer(CONFIG, TRAINING, GROWING)
    assert early.preview(latents)[0] == 4


@pytest.mark.network
def test_photographs_are_shrunk_by_area_and_mirrored_by_halves():
    trainer = GanTrainer(CONFIG, TRAINING, GROWING)
    images = photographs(60)
    prepared = trainer._prepare(images, 4, np.random.default_rng(8))
    shrunk = (images / 127.5 - 1).reshape(60, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    kept = np.isclose(prepared, shrunk, atol=1e-5).all(axis=(1, 2, 3))
    turned = np.isclose(prepared, shrunk[:, :, ::-1], atol=1e-5).all(axis=(1, 2, 3))
    assert (kept | turned).all()
    assert 15 < kept.sum() < 45
    plain = GanTrainer(CONFIG, GanTraining(mirror=False), GROWING)
    np.testing.assert_allclose(plain._prepare(images, 4, np.random.default_rng(8)), shrunk, atol=1e-5)
