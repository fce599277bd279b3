"""ONNX files: one input of floats, known operators, numbers of their own."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys

import numpy as np
import pytest

from models.importers.onnx_file import _reason, open_onnx
from tests.models.conftest import FLOAT, onnx_generator, write_onnx
from tlgan.errors import UserError

pytest.importorskip("onnxruntime")


def test_open_onnx_tells_shapes_and_runs(tmp_path):
    draw = onnx_generator(tmp_path / "a.onnx", latent_dim=6, side=8, layout="NHWC")
    network = open_onnx(tmp_path / "a.onnx")
    assert network.input_shape == (6,)
    assert network.batch is None
    assert network.output_names == ("images",)
    assert network.parameters >= 6 * 192
    latents = np.random.default_rng(0).standard_normal((3, 6)).astype("f4")
    np.testing.assert_allclose(network.run(latents)[0], draw(latents), atol=1e-5)


def test_open_onnx_tells_a_fixed_batch(tmp_path):
    onnx_generator(tmp_path / "a.onnx", batch=2)
    network = open_onnx(tmp_path / "a.onnx")
    assert network.batch == 2
    with pytest.raises(UserError, match="fails on an input of shape"):
        network.run(np.zeros((3, 6), "f4"))


@pytest.mark.parametrize(("kind", "dtype"), [(10, "float16"), (11, "float64")])
def test_other_floats_are_converted(tmp_path, kind, dtype):
    path = write_onnx(
        tmp_path / "a.onnx",
        lambda helper: [helper.make_node("Neg", ["x"], ["y"])],
        [("x", kind, ["N", 2])],
        [("y", kind, ["N", 2])],
    )
    np.testing.assert_array_equal(open_onnx(path).run(np.float32([[1, 2]]))[0], [[-1, -2]])


def foreign_operator(path):
    write_onnx(
        path,
        lambda helper: [helper.make_node("Steal", ["x"], ["y"], domain="com.elsewhere")],
        [("x", FLOAT, ["N", 2])],
        [("y", FLOAT, ["N", 2])],
        domain="com.elsewhere",
    )


def three_inputs(path):
    write_onnx(
        path,
        lambda helper: [helper.make_node("Sum", ["a", "b", "c"], ["y"])],
        [(name, FLOAT, ["N", 2]) for name in "abc"],
        [("y", FLOAT, ["N", 2])],
    )


def whole_numbers(path):
    write_onnx(
        path,
        lambda helper: [helper.make_node("Neg", ["x"], ["y"])],
        [("x", 7, ["N", 2])],
        [("y", 7, ["N", 2])],
    )


def numbers_elsewhere(path):
    onnx = pytest.importorskip("onnx")
    onnx_generator(path)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="numbers.bin", size_threshold=0)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (foreign_operator, "uses the operator Steal of com.elsewhere, which onnxruntime does not have"),
        (three_inputs, r"must have one input. Got 3: \['a', 'b', 'c'\]"),
        (whole_numbers, r"its input must be floats. Got tensor\(int64\)"),
        (numbers_elsewhere, r"keeps its numbers in another file, 'numbers\.bin'\. Export it as one"),
        (lambda path: path.write_bytes(b""), "is an empty file. Fetch or export it again"),
        (lambda path: path.write_bytes(b"garbage"), "is no ONNX network, or cut short .* Fetch or export"),
        (
            lambda path: [onnx_generator(path), path.write_bytes(path.read_bytes()[:200])],
            "is no ONNX network",
        ),
    ],
)
def test_open_onnx_refuses_files_in_one_line(tmp_path, monkeypatch, write, message):
    monkeypatch.chdir(tmp_path)  # not even numbers in the working folder are read
    path = tmp_path / "a.onnx"
    write(path)
    with pytest.raises(UserError, match=message) as error:
        open_onnx(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_name_that_is_no_text_is_refused_without_a_word_on_the_screen(tmp_path, capfd):
    path = tmp_path / "a.onnx"
    onnx_generator(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"MatMul", b"\xff\xfetMul"))
    with pytest.raises(UserError):
        open_onnx(path)
    assert capfd.readouterr() == ("", "")


def test_network_in_a_folder_that_the_locale_cannot_name_is_opened(tmp_path):
    """In a C locale Python keeps the bytes of such a name as lone surrogates."""
    folder = tmp_path / os.fsdecode(b"n\xe9 \xff")
    folder.mkdir()
    onnx_generator(folder / "a.onnx")
    assert open_onnx(folder / "a.onnx").input_shape == (6,)


def changed(path, change):
    onnx = pytest.importorskip("onnx")
    onnx_generator(path)
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())


def newer_form(model):
    model.ir_version = 99


def newer_operators(model):
    model.opset_import[0].version = 99


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            newer_form,
            ["is written for IR 99, and onnxruntime", "Export it with IR 10 or lower", "upgrade onnxruntime"],
        ),
        (newer_operators, ["is written for opset 99 of ai.onnx", "Export it with a lower `opset_version`"]),
    ],
)
def test_a_newer_network_is_told_with_what_to_do(tmp_path, change, words):
    changed(tmp_path / "a.onnx", change)
    with pytest.raises(UserError) as error:
        open_onnx(tmp_path / "a.onnx")
    for word in words:
        assert word in str(error.value)
    assert "::" not in str(error.value)  # nothing of onnxruntime's source


@pytest.mark.parametrize("threshold", [0, 100])  # all numbers elsewhere; the large ones alone
def test_numbers_beside_the_network_are_named_with_the_way_to_one_file(tmp_path, threshold):
    """As PyTorch 2.9 exports: `a.onnx` and `a.onnx.data`."""
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "a.onnx"
    draw = onnx_generator(path)
    options = {"location": "a.onnx.data", "size_threshold": threshold}
    onnx.save(onnx.load(path), path, save_as_external_data=True, **options)
    with pytest.raises(UserError) as error:
        open_onnx(path)
    message = str(error.value)
    assert message.startswith(f"{path}: keeps its numbers in another file, 'a.onnx.data'.")
    assert "external_data=False" in message
    code = message.rpartition('python -c "')[2].removesuffix('".')
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)  # what it says to do
    latents = np.random.default_rng(0).standard_normal((2, 6)).astype("f4")
    images = open_onnx(tmp_path / "a-whole.onnx").run(latents)[0]
    np.testing.assert_allclose(images.transpose(0, 2, 3, 1), draw(latents), atol=1e-5)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : /src/graph/model.cc:256 onnxruntime::Model::Model(onnx::ModelProto&&, "
            "const onnxruntime::Logger&) Unsupported thing: 7\n",
            "Unsupported thing: 7",
        ),
        ("[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find it", "Could not find it"),
        ("Error: utils.cc:46 CheckPath External path is wrong", "Error: External path is wrong"),
        ("Type (tensor(float)) of output arg (y) Differs", "Type (tensor(float)) of output arg (y) Differs"),
    ],
)
def test_reasons_are_without_places_in_the_source(said, shown):
    assert _reason(RuntimeError(said)) == shown


def test_without_onnxruntime_the_message_says_what_to_install(tmp_path, monkeypatch):
    onnx_generator(tmp_path / "a.onnx")
    original = builtins.__import__

    def refuse(name, *rest, **named):
        if name.startswith("onnxruntime"):
            raise ImportError(name)
        return original(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match="pip install onnxruntime"):
        open_onnx(tmp_path / "a.onnx")
