"""Search without gradients."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from models.inversion.latent_evolution import evolve_latents, import_cma
from models.inversion.objective import Objective
from models.inversion.starts import choose_starts
from tests.models.inversion.test_objective import generator as generator
from tests.models.inversion.toys import mean_error, some_latents
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def test_evolution_finds_drawn_pictures_again(generator):
    pytest.importorskip("cma")
    objective = Objective(generator)
    pictures = generator(some_latents(generator, 2))
    starts = choose_starts(objective, pictures, count=2, candidates=8)
    told = []
    found = evolve_latents(objective, pictures, starts, 30, seed=1, advance=told.append)
    before, after = (mean_error(generator(latents), pictures) for latents in (starts[:, 0], found.latents))
    assert (after < 0.5 * before).all()
    assert (found.path.shape, found.steps[-1], sum(told)) == ((7, 2, 6), 30, 60)
    np.testing.assert_allclose(np.linalg.norm(found.latents, axis=1), np.sqrt(6), rtol=1e-4)
    again = evolve_latents(objective, pictures, starts, 30, seed=1)
    np.testing.assert_allclose(again.latents, found.latents, atol=1e-5)


def test_without_the_package_a_line_says_how_to_get_it(monkeypatch):
    imported = builtins.__import__

    def without_cma(name, *given, **options):
        if name == "cma":
            raise ImportError(name)
        return imported(name, *given, **options)

    monkeypatch.setattr(builtins, "__import__", without_cma)
    with pytest.raises(UserError, match="pip install cma"):
        import_cma()
