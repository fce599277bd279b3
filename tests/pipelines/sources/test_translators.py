"""Translators of a recipe: trained or not, and all that are there."""

from __future__ import annotations

import pytest

from models.weights.locate import weights_folder
from pipelines.recipe.load import load_recipe
from pipelines.sources.translators import offered_translators, recipe_translators, translator_source
from tlgan.errors import UserError


@pytest.fixture
def weights(home, monkeypatch, tmp_path):
    monkeypatch.setattr("models.weights.locate.PRETRAINED", tmp_path / "pretrained")
    weights_folder().mkdir(parents=True)
    for name in ("fader-smile", "another"):
        (weights_folder() / f"{name}.translator.h5").write_bytes(name.encode())
    return weights_folder()


def test_a_recipes_translators_are_found_by_their_weights(weights):
    found = recipe_translators(load_recipe("fader"))
    assert list(found) == ["smile", "light"]
    assert found["smile"].weights == weights / "fader-smile.translator.h5"
    assert found["smile"].name == "fader-smile.translator"
    assert found["light"] is None
    before = found["smile"].fingerprint
    (weights / "fader-smile.translator.h5").write_bytes(b"trained anew")
    assert recipe_translators(load_recipe("fader"))["smile"].fingerprint != before


def test_networks_of_other_roles_are_no_translators(weights):
    assert recipe_translators(load_recipe("known-axes")) == {}


def test_the_recipes_own_are_offered_first(weights):
    assert offered_translators(load_recipe("fader")) == ["fader-smile", "another"]
    assert offered_translators(load_recipe("known-axes")) == ["another", "fader-smile"]


def test_an_unknown_translator_is_refused_with_the_known_ones(weights):
    with pytest.raises(UserError, match=r"must be a file or one of \['another', 'fader-smile'\]. Got 'none'"):
        translator_source("none")
