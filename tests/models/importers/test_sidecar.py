"""Sidecars beside foreign networks: every key is checked, a wrong one is named."""

from __future__ import annotations

import pytest

from models.importers.sidecar import (
    GeneratorSidecar,
    LabellerSidecar,
    hash_with_sidecar,
    read_sidecar,
    sidecar_path,
    sidecar_text,
)
from tlgan.errors import UserError

INPUT = "[input]\nsize = 32\n"
MALE = '[[attributes]]\nname = "Male"\nkind = "binary"\nreads = "class probabilities"\nindex = 1\n'


def write(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    return tmp_path / "a.toml"


def test_generator_sidecar_and_its_text(tmp_path):
    text = 'latent_space = "normal"\nlatent_dim = 6\nlayout = "NCHW"\nrange = [-1.0, 1.0]\n'
    sidecar = read_sidecar(write(tmp_path, text), GeneratorSidecar)
    assert sidecar == GeneratorSidecar(latent_space="normal", latent_dim=6, layout="NCHW", range=(-1.0, 1.0))
    assert sidecar_text(sidecar) == text
    assert read_sidecar(write(tmp_path, ""), GeneratorSidecar) == GeneratorSidecar()


def test_labeller_sidecar_has_defaults(tmp_path):
    sidecar = read_sidecar(write(tmp_path, INPUT + MALE), LabellerSidecar)
    assert (sidecar.input.layout, sidecar.input.mean, sidecar.mirror, sidecar.features) == (
        "NHWC",
        (0, 0, 0),
        False,
        None,
    )
    assert (sidecar.attributes[0].output, sidecar.attributes[0].scale) == (0, 1.0)


def test_hash_covers_the_network_and_what_decides_a_result():
    sidecar = GeneratorSidecar(latent_space="normal", range=(0, 1))
    signed = GeneratorSidecar(latent_space="normal", range=(-1, 1))
    assert hash_with_sidecar("a", sidecar) != hash_with_sidecar("b", sidecar)
    assert hash_with_sidecar("a", sidecar) != hash_with_sidecar("a", signed)
    ignored = ("latent_space",)
    other = GeneratorSidecar(latent_space="uniform", range=(0, 1))
    assert hash_with_sidecar("a", sidecar, ignored) == hash_with_sidecar("a", other, ignored)


def test_sidecar_lies_beside_its_network(tmp_path):
    assert sidecar_path(tmp_path / "a.labeller.onnx") == tmp_path / "a.labeller.toml"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (GeneratorSidecar, 'latent_space = "gaussian"', "latent_space"),
        (GeneratorSidecar, 'prior = "normal"', "prior"),
        (GeneratorSidecar, "latent_dim = 0", "latent_dim"),
        (GeneratorSidecar, "range = [1.0, -1.0]", "`range` must be black and white"),
        (GeneratorSidecar, "range = [1.0]", "range"),
        (GeneratorSidecar, "latent_dim =", "must be TOML"),
        (LabellerSidecar, MALE, "input"),
        (LabellerSidecar, INPUT, "attributes"),
        (LabellerSidecar, INPUT + "attributes = []", "attributes|is not"),
        (LabellerSidecar, INPUT + MALE + MALE, "two attributes have one name"),
        (LabellerSidecar, INPUT + MALE.replace("binary", "maybe"), r"\$\.attributes\[0\]\.kind|kind"),
        (LabellerSidecar, INPUT + MALE.replace("index = 1", "index = -1"), "index"),
        (LabellerSidecar, INPUT + MALE.replace("binary", "continuous"), "a continuous attribute must read"),
        (LabellerSidecar, INPUT + MALE + "values = [1.0, 2.0]", "a continuous attribute must read"),
        (LabellerSidecar, INPUT + "scale = [0.0, 1.0, 1.0]\n" + MALE, "`scale` must not be 0"),
        (LabellerSidecar, INPUT + "mean = [0.0]\n" + MALE, "mean"),
        (LabellerSidecar, "[input]\nsize = 0\n" + MALE, "size"),
    ],
)
def test_impossible_sidecars_are_refused_with_the_key(tmp_path, kind, text, message):
    path = write(tmp_path, text)
    with pytest.raises(UserError, match=message) as error:
        read_sidecar(path, kind)
    assert str(error.value).startswith(str(path))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="must be TOML"):
        read_sidecar(tmp_path / "a.toml", GeneratorSidecar)
