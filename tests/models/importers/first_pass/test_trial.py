"""Networks that would take the machine are stopped in a process of their own, and said to be so in a sentence."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from models.importers.first_pass import process
from models.importers.first_pass.process import most_memory, most_seconds
from models.importers.first_pass.trial import PassedNetworks, open_apart
from models.importers.foreign_generator import open_foreign_generator
from tests.models.conftest import FLOAT, onnx_generator, write_onnx
from tlgan.errors import UserError

pytest.importorskip("onnxruntime")
START = process.start_process  # taken before the tests of this folder put another in its place
LATENT_DIM, SIDE = 6, 8


@pytest.fixture(autouse=True)
def networks_run_apart(monkeypatch, networks_run_here):
    monkeypatch.setattr("models.importers.first_pass.process.start_process", START)
    monkeypatch.setattr(PassedNetworks, "_here", {})


def write_generator(path, build, constants=()):
    """A generator of one dense layer, `build(helper)` giving the nodes from `flat` to `more`."""

    def nodes(helper):
        return [
            helper.make_node("MatMul", ["latents", "kernel"], ["flat"]),
            *build(helper),
            helper.make_node("Reshape", ["more", "shape"], ["images"]),
        ]

    kernel = np.zeros((LATENT_DIM, 3 * SIDE**2), "f4")
    shape = np.int64([-1, 3, SIDE, SIDE])
    given = [("kernel", kernel), ("shape", shape), *constants]
    infos = [("latents", FLOAT, ["N", LATENT_DIM])], [("images", FLOAT, ["N", 3, SIDE, SIDE])]
    return write_onnx(path, nodes, *infos, given)


def loop(helper, rounds):
    """The node that runs `rounds` times."""
    onnx = pytest.importorskip("onnx")
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["held"], ["next"])],
        "body",
        [info("round", 7, []), info("go", onnx.TensorProto.BOOL, []), info("held", FLOAT, None)],
        [info("on", onnx.TensorProto.BOOL, []), info("next", FLOAT, None)],
    )
    return helper.make_node("Loop", [rounds, "go_on", "flat"], ["more"], body=body)


def endless(path):
    constants = [("rounds", np.int64(2**60)), ("go_on", np.bool_(True))]
    return write_generator(path, lambda helper: [loop(helper, "rounds")], constants)


def endless_for_two(path):
    """One picture comes out; two take for ever."""

    def nodes(helper):
        return [
            helper.make_node("Shape", ["latents"], ["sizes"]),
            helper.make_node("Gather", ["sizes", "zero"], ["rows"]),
            helper.make_node("Sub", ["rows", "one"], ["others"]),
            helper.make_node("Mul", ["others", "many"], ["rounds"]),
            loop(helper, "rounds"),
        ]

    numbers = [("zero", 0), ("one", 1), ("many", 2**50)]
    constants = [(name, np.int64(number)) for name, number in numbers]
    return write_generator(path, nodes, [*constants, ("go_on", np.bool_(True))])


def gigabytes(path):
    """A sum over eight billion zeros, which the file says in a few bytes."""

    def nodes(helper):
        return [
            helper.make_node("ConstantOfShape", ["sides"], ["zeros"]),
            helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
            helper.make_node("Add", ["flat", "sum"], ["more"]),
        ]

    return write_generator(path, nodes, [("sides", np.int64([2000, 2000, 2000]))])


@pytest.mark.parametrize("write", [endless, endless_for_two])
def test_networks_that_never_end_are_stopped(tmp_path, monkeypatch, write):
    monkeypatch.setattr("models.importers.first_pass.process.most_seconds", lambda file_bytes: 1)
    path = write(tmp_path / "a.onnx")
    with pytest.raises(UserError, match=r"a\.onnx: must open and give its first results within 1 s"):
        open_foreign_generator(path, "normal")


def test_networks_that_take_gigabytes_are_refused(tmp_path):
    path = gigabytes(tmp_path / "a.onnx")
    assert path.stat().st_size < 10_000
    with pytest.raises(UserError, match=r"a\.onnx: (fails on an input|must open and give)"):
        open_foreign_generator(path, "normal")


def test_a_network_within_bounds_runs_apart_once(tmp_path, monkeypatch):
    draw = onnx_generator(tmp_path / "a.onnx", latent_dim=LATENT_DIM, layout="NHWC")
    latents = np.random.default_rng(0).standard_normal((3, LATENT_DIM)).astype("f4")
    with open_apart(tmp_path / "a.onnx", "onnx") as trial:
        assert trial.network.input_shape == (LATENT_DIM,)
        np.testing.assert_allclose(trial.network.run(latents)[0], draw(latents), atol=1e-5)
        assert trial.floats_per_row(latents) < 2**20
    cache: dict = {}
    generator = open_foreign_generator(tmp_path / "a.onnx", "normal", cache=cache)
    assert list(cache.values()) == [generator.floats_per_row]
    monkeypatch.setattr("models.importers.first_pass.process.start_process", None)
    monkeypatch.setattr(PassedNetworks, "_here", {})
    assert open_foreign_generator(tmp_path / "a.onnx", "normal", cache=cache) == generator


@pytest.mark.network
def test_a_keras_model_of_more_numbers_than_it_holds_is_stopped(tmp_path, monkeypatch):
    import keras

    monkeypatch.setattr("models.importers.first_pass.process.most_seconds", lambda file_bytes: 2)
    layers = [keras.Input((8,)), keras.layers.Dense(48, name="wide"), keras.layers.Reshape((4, 4, 3))]
    keras.Sequential(layers).save(tmp_path / "small.keras")
    with zipfile.ZipFile(tmp_path / "small.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = members["config.json"].replace(b'"units": 48', b'"units": 60000000')
    members["config.json"] = config.replace(b'"target_shape": [4, 4, 3]', b'"target_shape": [20000000, 3, 1]')
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(
        UserError, match=r"a\.keras: (must open and give|is no Keras model|fails when it runs)"
    ):
        open_foreign_generator(tmp_path / "a.keras", "normal")


def test_the_process_ends_with_its_parent(tmp_path):
    path = endless(tmp_path / "a.onnx")
    program = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from models.importers.first_pass import process as first_pass\n"
        "first_pass.most_seconds = lambda file_bytes: 2\n"
        "with first_pass.start_process(Path(sys.argv[1]), 'onnx') as process:\n"
        "    process.answer(); process._connection.send_bytes(first_pass.npy_bytes(np.zeros((1, 6), 'f4')))\n"
        "    print(process._child.pid, flush=True); import os; os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, check=True, text=True
    )
    child = int(done.stdout)
    for _ in range(100):
        try:
            with open(f"/proc/{child}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":  # nobody is left to wait for it
                    return
        except FileNotFoundError:
            return
        time.sleep(0.1)
    pytest.fail("the process still runs")


def test_bounds_grow_with_the_file():
    assert most_memory(5_000_000) < 2**29
    assert most_seconds(5_000_000) < 11
    assert most_memory(500_000_000) > 2 * 10**10


def test_what_a_cache_holds_is_not_trusted():
    for found in (-1, "1", None, 1.5, True):
        assert PassedNetworks({"a | first pass": found}).floats_per_row("a") is None
