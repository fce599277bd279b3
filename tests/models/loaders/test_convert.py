"""`convert`: what comes out draws what went in, and bad input writes nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from models.loaders.convert import convert
from models.loaders.describe import inspect, sample_images
from models.loaders.discriminator import load_discriminator
from models.loaders.generator import load_generator
from models.loaders.labeller import load_labeller
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.card import check_card, read_card
from models.weights.weight_file import read_weights, write_weights
from tests.models.conftest import (
    gan_zoo_state,
    genforce_state,
    official_state,
    onnx_generator,
    write_official,
    write_onnx,
    write_torch,
)
from tests.models.pggan_reference import gan_zoo_generator, genforce_generator, official_generator
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

pytestmark = pytest.mark.network


def latents(n=3, latent_dim=10):
    return np.random.default_rng(0).standard_normal((n, latent_dim)).astype("float32")


def official(path):
    states = tuple(official_state(function) for function in ("G_paper", "D_paper", "G_paper"))
    write_official(path, states)
    return official_generator(states[2], latents())


def gan_zoo(path):
    write_torch(path, {"avgG": gan_zoo_state()})
    return gan_zoo_generator(gan_zoo_state(), latents())


def genforce(path):
    write_torch(path, genforce_state(fused=True), legacy=True)
    return genforce_generator(genforce_state(fused=True), latents())


@pytest.mark.parametrize(("write", "kind"), [(official, "official"), (gan_zoo, "torch"), (genforce, "torch")])
def test_gans_become_weight_files_that_draw_the_same(tmp_path, write, kind):
    source = tmp_path / "source.bin"
    wanted = write(source)
    report = convert(source, tmp_path / "weights" / "new")
    assert report.written[-1] == tmp_path / "weights" / "new.generator.h5"
    assert (report.facts.kind, report.facts.resolution, report.facts.latent_dim) == (kind, 16, 10)
    drawn = load_generator(report.written[-1]).floats(latents())
    np.testing.assert_allclose(drawn.transpose(0, 3, 1, 2), wanted, atol=1e-4)
    metadata = read_weights(report.written[-1]).metadata
    assert (metadata["source"], metadata["source_sha256"]) == ("source.bin", file_sha256(source))


def test_discriminator_is_converted_with_the_generator(tmp_path):
    official(tmp_path / "all.pkl")
    report = convert(tmp_path / "all.pkl", tmp_path / "new")
    assert [path.name for path in report.written] == ["new.discriminator.h5", "new.generator.h5"]
    assert load_discriminator(report.written[0])(np.zeros((4, 16, 16, 3), np.uint8)).shape == (4,)
    assert any("discriminator" in note for note in inspect(tmp_path / "all.pkl").notes)


def test_converted_networks_have_cards_and_are_refused_once_they_are_damaged(tmp_path):
    official(tmp_path / "all.pkl")
    onnx_generator(tmp_path / "source.onnx")
    written = convert(tmp_path / "all.pkl", tmp_path / "new").written
    written += convert(tmp_path / "source.onnx", tmp_path / "other", latent_space="normal").written[1:]
    assert len(written) == 3
    for path in written:
        assert check_card(path)
        assert read_card(path)["source_sha256"]
        assert read_card(path)["command"].startswith(f"python -m pipelines convert {tmp_path}/")
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 8
        path.write_bytes(damaged)
        load = load_discriminator if ".discriminator." in path.name else load_generator
        with pytest.raises(
            UserError, match=re.escape(f"{path}: ") + "(is damaged|must have the SHA-256 of its card)"
        ):
            load(path)


def test_half_precision_is_written_only_where_it_is_exact(tmp_path):
    state = official_state(resolution=8)
    write_official(tmp_path / "full.pkl", state)
    state["variables"] = [(name, np.float32(np.float16(values))) for name, values in state["variables"]]
    write_official(tmp_path / "half.pkl", state)
    kinds = {}
    for name in ("full", "half"):
        path = convert(tmp_path / f"{name}.pkl", tmp_path / name).written[-1]
        with h5py.File(path) as file:
            kinds[name] = file["variables/conv4/kernel"].dtype.str
    assert kinds == {"full": "<f4", "half": "<f2"}
    np.testing.assert_array_equal(
        read_weights(path).variables["conv4/kernel"], dict(state["variables"])["4x4/Conv/weight"]
    )


def test_our_networks_weights_saved_by_keras(tmp_path):
    network = ProgressiveGenerator(GanConfig(8, 10, (4, 3)))
    network.save_weights(tmp_path / "a.weights.h5")
    report = convert(tmp_path / "a.weights.h5", tmp_path / "a")
    direct = load_generator(tmp_path / "a.weights.h5").floats(latents())
    np.testing.assert_allclose(load_generator(report.written[-1]).floats(latents()), direct, atol=1e-6)


@pytest.mark.parametrize("ending", ["Tanh", "Sigmoid", "bytes"])
def test_onnx_generators_get_a_sidecar(tmp_path, ending):
    draw = onnx_generator(tmp_path / "source.onnx", ending=ending)
    report = convert(tmp_path / "source.onnx", tmp_path / "new", latent_space="uniform")
    assert [path.name for path in report.written] == ["new.generator.toml", "new.generator.onnx"]
    assert (report.facts.latent_space, report.facts.latent_dim, report.facts.resolution) == ("uniform", 6, 8)
    generator = load_generator(report.written[-1])
    assert generator.sha256 == report.facts.sha256 == inspect(report.written[-1]).sha256
    np.testing.assert_allclose(generator.floats(latents(3, 6)), draw(latents(3, 6)), atol=1e-5)


def test_kind_may_be_given(tmp_path):
    onnx_generator(tmp_path / "network")
    report = convert(tmp_path / "network", tmp_path / "new", kind="onnx", latent_space="normal")
    assert report.written[-1].name == "new.generator.onnx"


def test_given_range_overrides_the_detected(tmp_path):
    onnx_generator(tmp_path / "a.onnx", ending="Sigmoid")
    report = convert(tmp_path / "a.onnx", tmp_path / "new", latent_space="normal", value_range=(-1.0, 1.0))
    assert "black -1" in report.facts.notes[-1]
    assert load_generator(report.written[-1]).floats(latents(3, 6)).min() > 0


SIDECAR = """
[input]
size = 8
layout = "NCHW"

[[attributes]]
name = "Bright"
kind = "continuous"
reads = "value"
"""


def test_labellers_are_copied_with_their_sidecar(tmp_path):
    def build(helper):
        return [
            helper.make_node("GlobalAveragePool", ["x"], ["means"]),
            helper.make_node("Flatten", ["means"], ["y"]),
        ]

    write_onnx(tmp_path / "a.onnx", build, [("x", 1, ["N", 3, 8, 8])], [("y", 1, ["N", 3])])
    (tmp_path / "a.toml").write_text(SIDECAR)
    report = convert(tmp_path / "a.onnx", tmp_path / "new")
    assert report.written[-1].name == "new.labeller.onnx"
    assert (report.facts.role, report.facts.attributes) == ("labeller", ("Bright",))
    assert load_labeller(report.written[-1])(np.full((2, 8, 8, 3), 9, np.uint8)).tolist() == [[9], [9]]
    with pytest.raises(UserError, match=r"must be a generator. Got a labeller"):
        sample_images(report.written[-1])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"nothing"), "It is none of these"),
        (lambda path: write_official(path, official_state("D_paper")), "holds a discriminator only"),
        (lambda path: write_torch(path, {"netD": {"a": np.zeros(2, "f4")}}), "holds a discriminator only"),
        (
            lambda path: write_weights(path, "generator", GanConfig(8, 2, (2, 2)), {}),
            "is a weight file of this project already",
        ),
        (
            lambda path: write_torch(path, {**genforce_state(), "layer9.conv.weight": np.zeros(2, "f4")}),
            "two layers per resolution",
        ),
    ],
)
def test_bad_sources_write_nothing(tmp_path, write, message):
    write(tmp_path / "source")
    with pytest.raises(UserError, match=message):
        convert(tmp_path / "source", tmp_path / "weights" / "new")
    assert os.listdir(tmp_path) == ["source"]


def test_unknown_and_wrong_kinds_are_refused(tmp_path):
    official(tmp_path / "all.pkl")
    with pytest.raises(UserError, match="`kind` must be one of"):
        convert(tmp_path / "all.pkl", tmp_path / "new", kind="stylegan")
    with pytest.raises(UserError, match=r"names 'tfutil\.Network'"):
        convert(tmp_path / "all.pkl", tmp_path / "new", kind="torch")


@pytest.mark.skipif("TLGAN_CONVERSIONS" not in os.environ, reason="TLGAN_CONVERSIONS is not set")
def test_given_networks_draw_their_expected_images():
    # A folder of files `x.pkl`, `x.pth`, … each with `x_expected.npz`: latents and images_nchw, unrounded.
    expected = sorted(Path(os.environ["TLGAN_CONVERSIONS"]).rglob("*_expected.npz"))
    assert expected
    for file in expected:
        stem = file.name.removesuffix("_expected.npz")
        (network,) = [path for path in file.parent.glob(f"{stem}.*") if path.suffix != ".npz"]
        with np.load(file) as arrays:
            drawn = load_generator(network).floats(arrays["latents"]).transpose(0, 3, 1, 2)
            np.testing.assert_allclose(drawn, arrays["images_nchw"], atol=1e-4)
