"""Importing the backend: unknown or missing ones, GPUs whose libraries fail, and what is said of the device."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.inference.device import Device
from pipelines.execution import keras_import
from pipelines.execution.install import Gpu
from tlgan.errors import UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    """Nobody has turned a GPU off; what a test sets is gone after it."""
    for name in keras_import._GPU_OFF:
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", ["", "tensorflow"])
def test_a_backend_that_is_there_may_be_used(name):
    keras_import._check_backend(name)


def test_an_unknown_backend_is_one_line():
    with pytest.raises(
        UserError, match=r"KERAS_BACKEND: must be tensorflow, jax or torch; got 'theano'\. Change"
    ):
        keras_import._check_backend("theano")


def test_a_backend_that_is_not_installed_says_how(monkeypatch):
    monkeypatch.setattr(keras_import, "find_spec", lambda name: None)
    advice = r"jax must be installed, and is not\. Install it: make venv BACKEND=jax"
    with pytest.raises(UserError, match=advice):
        keras_import._check_backend("jax")


def test_a_command_with_an_unknown_backend_ends_with_one_line(tmp_path):
    command = [sys.executable, "-m", "pipelines", "run", "celeba64", "-s", "sample.count=2"]
    environment = {**os.environ, "KERAS_BACKEND": "theano", "TLGAN_HOME": str(tmp_path)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: KERAS_BACKEND: must be tensorflow, jax or torch; got 'theano'.")
    assert ended.stderr.count("\n") == 1


def sentence(monkeypatch, *, is_cpu, gpu):
    monkeypatch.setattr("models.inference.backend.backend_name", lambda: "tensorflow")
    device = Device("Xeon (tensorflow)" if is_cpu else "H100 (tensorflow)", is_cpu, None)
    monkeypatch.setattr("models.inference.device.current_device", lambda: device)
    monkeypatch.setattr(keras_import, "find_gpu", lambda: gpu)
    return keras_import.device_sentence()


def test_the_device_is_named(monkeypatch):
    assert sentence(monkeypatch, is_cpu=False, gpu=Gpu("H100")) == "Computing on H100 (tensorflow)."
    assert sentence(monkeypatch, is_cpu=True, gpu=Gpu(None, "none")) == "Computing on Xeon (tensorflow)."


def test_a_gpu_that_is_not_used_is_told_with_what_to_do(monkeypatch):
    assert sentence(monkeypatch, is_cpu=True, gpu=Gpu("H100")) == (
        "Computing on Xeon (tensorflow): the libraries of tensorflow for H100 do not load. "
        "`make venv BACKEND=tensorflow` installs them; if it did, update the driver."
    )


def test_a_gpu_that_was_turned_off_is_no_matter(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert sentence(monkeypatch, is_cpu=True, gpu=Gpu("H100")) == "Computing on Xeon (tensorflow)."


def test_the_device_is_said_once(monkeypatch):
    said = []
    monkeypatch.setattr(keras_import, "say", said.append)
    monkeypatch.setattr(keras_import, "device_sentence", lambda: "Computing on X.")
    keras_import.say_device.cache_clear()
    keras_import.say_device()
    keras_import.say_device()
    assert said == ["Computing on X."]


@pytest.mark.parametrize(("works", "device"), [(True, None), (False, "cpu")])
def test_pytorch_computes_on_the_cpu_where_its_gpu_fails(monkeypatch, works, device):
    def zeros(count, device):
        if not works:
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: True), zeros=zeros)
    monkeypatch.setitem(sys.modules, "torch", torch)
    keras_import._use_cpu_where_gpu_fails("torch")
    assert os.environ.get("KERAS_TORCH_DEVICE") == device


FAILING_JAX = """
import os, sys
from jax._src import xla_bridge
def fail():
    raise RuntimeError("no driver")
xla_bridge.register_backend_factory("gpu-of-the-test", fail, priority=500, fail_quietly=False)
from pipelines.execution.keras_import import import_quietly
import_quietly()
import keras
assert keras.backend.backend() == "jax"
assert float(keras.ops.sum(keras.ops.ones(3))) == 3
"""


@pytest.mark.network
@pytest.mark.skipif(find_spec("jax") is None, reason="needs JAX; `make test-backends` installs it")
def test_jax_computes_on_the_cpu_where_its_gpu_fails():
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    environment.pop("JAX_PLATFORMS", None)
    subprocess.run([sys.executable, "-c", FAILING_JAX], cwd=ROOT, env=environment, check=True)


def test_jax_that_was_told_to_use_a_gpu_does_not_go_on_without(monkeypatch):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cuda'")

    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=devices))
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(RuntimeError, match="Unable to initialize"):
        keras_import._use_cpu_where_gpu_fails("jax")
