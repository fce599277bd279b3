"""Foreign generators: input, layout and range are found out, or checked against what the sidecar says."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.foreign_generator import open_foreign_generator
from models.loaders.generator import load_generator
from tests.models.conftest import FLOAT, onnx_generator, write_onnx
from tlgan.errors import UserError

pytestmark = pytest.mark.network
pytest.importorskip("onnxruntime")


def latents(n=5):
    return np.random.default_rng(0).standard_normal((n, 6)).astype("float32")


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("ending", "value_range"), [("Tanh", (-1, 1)), ("Sigmoid", (0, 1)), ("bytes", (0, 255))]
)
@pytest.mark.parametrize("extra", [{}, {"input_ones": True}, {"batch": 2}, {"colours": 1}], ids=str)
def test_foreign_generator_draws_what_the_network_draws(tmp_path, layout, ending, value_range, extra):
    draw = onnx_generator(tmp_path / "a.onnx", layout=layout, ending=ending, **extra)
    foreign = open_foreign_generator(tmp_path / "a.onnx", "normal")
    assert (foreign.sidecar.layout, foreign.sidecar.range, foreign.resolution) == (layout, value_range, 8)
    generator = load_generator(tmp_path / "a.onnx", latent_space="normal")
    assert (generator.latent_dim, generator.latent_space, generator.resolution) == (6, "normal", 8)
    wanted = np.broadcast_to(draw(latents()), (5, 8, 8, 3))
    np.testing.assert_allclose(generator.floats(latents()), wanted, atol=1e-5)
    levels = np.clip(np.floor(wanted * 127.5 + 128), 0, 255)
    images = generator(latents())
    assert images.dtype == np.uint8
    assert np.abs(images - levels).max() <= 1
    assert (images != levels).mean() < 0.001


def test_sidecar_beside_the_file_declares_prior_and_range(tmp_path):
    onnx_generator(tmp_path / "a.onnx", ending="Sigmoid")
    (tmp_path / "a.toml").write_text('latent_space = "uniform"\nrange = [-1.0, 1.0]\n')
    generator = load_generator(tmp_path / "a.onnx")
    assert generator.latent_space == "uniform"
    assert generator.floats(latents()).min() > 0  # a sigmoid taken for a tanh, as the sidecar says
    before = generator.sha256
    (tmp_path / "a.toml").write_text('latent_space = "normal"\nrange = [-1.0, 1.0]\n')
    assert load_generator(tmp_path / "a.onnx").sha256 == before
    (tmp_path / "a.toml").write_text('latent_space = "normal"\nrange = [0.0, 1.0]\n')
    assert load_generator(tmp_path / "a.onnx").sha256 != before


def test_other_precisions_than_the_files_are_refused(tmp_path):
    onnx_generator(tmp_path / "a.onnx")
    with pytest.raises(UserError, match=r"a\.onnx: .* `precision` must be 'float32'. Got 'float16'"):
        load_generator(tmp_path / "a.onnx", latent_space="normal", precision="float16")


def test_batches_are_the_files_or_chosen(tmp_path):
    onnx_generator(tmp_path / "a.onnx", batch=2)
    assert load_generator(tmp_path / "a.onnx", latent_space="normal", batch=9).batch == 2
    onnx_generator(tmp_path / "b.onnx")
    generator = load_generator(tmp_path / "b.onnx", latent_space="normal", batch=3)
    assert generator.batch == 3
    whole = load_generator(tmp_path / "b.onnx", latent_space="normal")
    np.testing.assert_array_equal(generator(latents()), whole(latents()))


def test_prior_must_be_declared(tmp_path):
    onnx_generator(tmp_path / "a.onnx")
    with pytest.raises(UserError, match="its prior must be said"):
        load_generator(tmp_path / "a.onnx")
    with pytest.raises(UserError, match="`space` must be one of"):
        load_generator(tmp_path / "a.onnx", latent_space="gaussian")


def constant_pictures(*shape, value=0.5, latents=("N", 6), outputs=1):
    def write(path):
        def build(helper):
            nodes = [
                helper.make_node("ReduceSum", ["z", "axes"], ["total"], keepdims=1),
                helper.make_node("Mul", ["total", "zero"], ["zeros"]),
                helper.make_node("Reshape", ["zeros", "ones"], ["pixels"]),
            ]
            for number in range(outputs):
                nodes.append(helper.make_node("Add", ["pixels", "picture"], [f"images{number}"]))
            return nodes

        n = len(shape)
        constants = [
            ("axes", np.int64([1])),
            ("zero", np.float32(0)),
            ("ones", np.int64([-1] + [1] * n)),
            ("picture", np.full(shape, value, "f4")),
        ]
        infos = [(f"images{number}", FLOAT, ["N", *shape]) for number in range(outputs)]
        write_onnx(path, build, [("z", FLOAT, list(latents))], infos, constants)

    return write


@pytest.mark.parametrize(
    ("write", "sidecar", "message"),
    [
        (constant_pictures(3, 8, 4), "", "must draw square pictures"),
        (constant_pictures(5, 8, 8), "", "must draw square pictures"),
        (constant_pictures(3, 8, 8), 'layout = "NHWC"', "must draw square pictures of 1 or 3 colours.*NHWC"),
        (constant_pictures(12), "", "must draw images"),
        (constant_pictures(3, 8, 8, outputs=2), "", "must have one output, images. Got 2"),
        (constant_pictures(3, 8, 8, value=np.nan), "", "must draw finite pictures"),
        (
            constant_pictures(3, 8, 8, value=np.float32([[[-300]], [[0]], [[300]]])),
            "",
            r"range = \[black, white\]",
        ),
        (constant_pictures(3, 8, 8, latents=("N", 6, 5)), "", r"must take latents of shape \[N, D\]"),
        (constant_pictures(3, 8, 8, latents=("N", 6, 5, 1)), "", r"must take latents of shape \[N, D\]"),
        (constant_pictures(3, 8, 8, latents=("N", "D")), "", "takes latents of any size"),
        (constant_pictures(3, 8, 8), "latent_dim = 9", "takes latents of 6 values. Its sidecar says 9"),
    ],
)
def test_other_networks_are_refused(tmp_path, write, sidecar, message):
    path = tmp_path / "a.onnx"
    write(path)
    (tmp_path / "a.toml").write_text(sidecar)
    with pytest.raises(UserError, match=message) as error:
        open_foreign_generator(path, "normal")
    assert str(error.value).startswith(str(tmp_path))
    assert "\n" not in str(error.value)


def test_latents_of_any_size_take_the_sidecars(tmp_path):
    constant_pictures(3, 8, 8, latents=("N", "D"))(tmp_path / "a.onnx")
    (tmp_path / "a.toml").write_text('latent_dim = 9\nlatent_space = "normal"\n')
    generator = load_generator(tmp_path / "a.onnx")
    assert generator(np.zeros((2, 9))).shape == (2, 8, 8, 3)
    with pytest.raises(UserError, match=r"`latents` must have shape \(n, 9\)"):
        generator(np.zeros((2, 6)))
