"""Options of progressive GANs: roles, fingerprints of earlier versions, bounds."""

from __future__ import annotations

import json

import msgspec
import pytest

from models.kinds.progressive_gan import PROGRESSIVE_GAN, Phase, ProgressiveGanOptions

SCHEDULE = (Phase(4, 0, 100, 16), Phase(8, 50, 200, 8))


@pytest.mark.parametrize(
    ("discriminator", "roles"),
    [
        ("pixel", ("generator", "discriminator")),
        ("projected", ("generator",)),
        ("both", ("generator", "discriminator")),
    ],
)
def test_roles_of_each_discriminator(discriminator, roles):
    assert ProgressiveGanOptions(discriminator=discriminator).roles == roles


def test_parameters_of_a_training_of_the_first_version_are_unchanged():
    counted = ProgressiveGanOptions(schedule=SCHEDULE).parameters("faces")
    assert json.loads(json.dumps(counted)) == {
        "name": "faces",
        "latent_dim": 128,
        "maps": [128, 128, 96, 48, 16],
        "schedule": [[4, 0, 100, 16], [8, 50, 200, 8]],
        "loss": "logistic-r1",
        "penalty": 0.2,
        "penalty_interval": 8,
        "learning_rate": 0.0015,
        "average_half_life": 5000,
        "mirror": True,
        "seed": 1,
    }


@pytest.mark.parametrize("name", sorted(ProgressiveGanOptions.later))
def test_later_options_are_options_and_count_where_they_are_set(name):
    fields = {field.name: field for field in msgspec.structs.fields(ProgressiveGanOptions)}
    assert name in fields
    others = {
        "discriminator": "both",
        "discriminator_maps": (4,),
        "precision": "mixed_bfloat16",
        "start": "celeba64",
        "labeller": "celeba64",
        "augment": True,
    }
    changed = ProgressiveGanOptions(**{name: others.get(name, 0.5 if "rate" in name else 3)})
    assert name in changed.parameters("faces")


def test_changeable_options_are_options():
    names = {field.name for field in msgspec.structs.fields(ProgressiveGanOptions)}
    assert ProgressiveGanOptions.changeable <= names


@pytest.mark.parametrize(
    "content",
    [
        {"schedule": [{"resolution": 7, "fade_images": 0, "stable_images": 1, "batch": 1}]},
        {"schedule": [{"resolution": 8, "fade_images": 0, "stable_images": 1, "batch": 0}]},
        {"schedule": [{"resolution": 8, "fade_images": 0, "stable_images": 1}]},
        {"loss": "hinge"},
        {"discriminator": "none"},
        {"penalty": -1},
        {"learning_rate": 0},
        {"latent_dim": 0},
        {"precision": "float16"},
        {"widths": [1]},
    ],
)
def test_options_refuse(content):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "progressive-gan"} | content, ProgressiveGanOptions)


def test_kind_is_filed_under_its_former_stage():
    assert (PROGRESSIVE_GAN.name, PROGRESSIVE_GAN.stage) == ("progressive-gan", "gan")
