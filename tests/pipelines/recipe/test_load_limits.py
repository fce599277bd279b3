"""Recipes made to take memory or to break a parser are refused with a sentence, before anything runs."""

from __future__ import annotations

import pytest

from pipelines.recipe.load import load_recipe
from tlgan.errors import UserError

REST = "\n[sample]\ngenerator = 'known-axes'\ncount = 600\n[label]\nlabellers = ['known-axes-factors']\n"
NETWORK = "name = 'a'\n[networks.b]\nkind = 'progressive-gan'\n"


@pytest.fixture
def load(tmp_path):
    def load(text, *overrides):
        (tmp_path / "mine.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_recipe(str(tmp_path / "mine.toml"), overrides)

    return load


RECIPES = {
    "arrays": "name = " + "[" * 5_000 + "]" * 5_000 + REST,
    "tables": "name = 'a'\nx = " + "{a=" * 3_000 + "1" + "}" * 3_000 + REST,
    "dots": "name = 'a'\n" + ".".join("a" * 3_000) + " = 1" + REST,
    "digits": "name = 'a'\nx = " + "9" * 5_000 + REST,
    "count": "name = 'a'" + REST.replace("600", "9" * 4_000),
    "million": "name = 'a'" + REST.replace("600", "9" * 30),
    "size": "name = 'a'\n# " + "x" * 2**20 + REST,
    "share": "name = 'a'\n[fit]\nheld_out = " + "9" * 400 + REST,
    "long name": "name = '" + "a" * 300 + "'" + REST,
    "line": 'name = "a\\n"' + REST,
    "until": "name = 'a'" + REST.replace("count = 600", 'until = "3 degrees\\n"'),
    "versions": "name = 'a'" + REST.replace("count = 600", "until = '1.2.3 degrees'"),
    "latents": "name = 'a'\n[known_axes]\nlatent_dim = 1000000000" + REST,
    "more latents": "name = 'a'\n[known_axes]\nlatent_dim = 99999999999999999999" + REST,
    "steps": "name = 'a'\n[evaluate]\nsteps = [1e300]" + REST,
    "infinite steps": "name = 'a'\n[evaluate]\nsteps = [inf]" + REST,
    "no number": "name = 'a'\n[evaluate]\nsteps = [nan]" + REST,
    "many steps": f"name = 'a'\n[evaluate]\nsteps = {list(range(1, 102))}" + REST,
    "view": "name = 'a'\n[view]\nsize = 1000000" + REST,
    "strips": "name = 'a'\n[report]\nsteps = 1000001" + REST,
    "maps": NETWORK + "maps = [1000000000]" + REST,
    "latents of a network": NETWORK + "latent_dim = 100000000" + REST,
    "batch": NETWORK
    + "schedule = [{resolution = 8, fade_images = 0, stable_images = 1, batch = 10000000}]"
    + REST,
    "no text": b"name = '\xff'" + REST.encode(),
}


@pytest.mark.parametrize("text", RECIPES.values(), ids=RECIPES)
def test_hostile_recipes_are_refused_in_a_sentence(load, text):
    with pytest.raises(UserError, match=r"mine\.toml: ") as caught:
        load(text)
    assert len(str(caught.value)) < 1_500


@pytest.mark.parametrize("value", ["[" * 5_000, "9" * 5_000, "{a=" * 3_000])
def test_hostile_overrides_are_refused_in_a_sentence(load, value):
    with pytest.raises(UserError, match=r"sample\.count"):
        load("name = 'a'" + REST, f"sample.count={value}")


def test_names_that_no_file_can_have_are_no_recipe():
    for name in ("a" * 5_000, "a\0b", "a" * 300 + "/b.toml"):
        with pytest.raises(UserError, match="no such recipe"):
            load_recipe(name)


def test_settings_that_are_no_utf8_are_refused():
    """A shell hands bytes that are no UTF-8 on as halves of characters."""
    with pytest.raises(UserError, match="`-s` must be UTF-8"):
        load_recipe("celeba64", ("sample.generator=\udcff",))
