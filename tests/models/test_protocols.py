"""Protocols: what is loaded fulfils them, and nothing needs Keras to ask."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import models
from models.protocols import Generator, Labeller


def test_generator_made_of_functions_fulfils_the_protocol():
    from models.loaders.generator import LoadedGenerator

    generator = LoadedGenerator("a", 3, "normal", 2, "hash", draw=lambda z: np.zeros((len(z), 2, 2, 3), "u1"))
    assert isinstance(generator, Generator)
    assert not isinstance(generator, Labeller)
    assert generator(np.zeros((5, 3))).shape == (5, 2, 2, 3)


def test_loaded_labeller_fulfils_the_protocol():
    from models.loaders.labeller import LoadedLabeller

    labeller = LoadedLabeller(
        "a", ("Male",), ("binary",), ("logit",), 2, "hash", read=lambda images: ((), ())
    )
    assert isinstance(labeller, Labeller)
    assert not isinstance(labeller, Generator)


def test_protocols_are_imported_without_keras():
    code = "import sys, models; models.Generator, models.Labeller; print('keras' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"


@pytest.mark.parametrize("name", models.__all__)
def test_public_names_are_there(name):
    assert getattr(models, name)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="has no attribute 'load_nothing'"):
        _ = models.load_nothing
