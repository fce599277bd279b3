"""Recipes of version 0.1, with [gan] and [classifier], mean what they meant."""

from __future__ import annotations

import pytest

from models.kinds.attribute_cnn import AttributeCnnOptions
from pipelines.planning.plan import plan_networks
from pipelines.recipe.load import load_recipe
from pipelines.recipe.old_sections import DEFAULT_JUDGE, upgrade_sections
from tlgan.errors import UserError

START = """
name = "old"
[sample]
generator = "celeba64"
[label]
labellers = ["celeba64"]
"""
OLD = """
[gan]
name = "faces"
seed = 3
schedule = [{ resolution = 8, fade_images = 0, stable_images = 8, batch = 4 }]
[classifier]
name = "faces"
[classifier.labeller]
epochs = 3
"""


def recipe_of(tmp_path, text, *overrides):
    path = tmp_path / "old.toml"
    path.write_text(START + text)
    return load_recipe(str(path), overrides)


def test_old_sections_become_networks(tmp_path):
    networks = recipe_of(tmp_path, OLD).networks
    assert list(networks) == ["generator", "labeller", "judge"]
    assert {options.weights for options in networks.values()} == {"faces"}
    assert (networks["generator"].seed, networks["labeller"].epochs) == (3, 3)
    judge = {field: getattr(networks["judge"], field) for field in DEFAULT_JUDGE}
    assert {key: list(value) if isinstance(value, tuple) else value for key, value in judge.items()} == (
        DEFAULT_JUDGE
    )
    assert networks["judge"].role == "judge"


def test_an_old_judge_of_its_own_has_the_defaults_of_a_labeller(tmp_path):
    judge = recipe_of(tmp_path, OLD + "[classifier.judge]\nepochs = 2\n").networks["judge"]
    assert judge == AttributeCnnOptions(weights="faces", role="judge", epochs=2)


def test_old_overrides_change_new_tables():
    recipe = load_recipe(
        "celeba64", ("gan.learning_rate=0.01", "classifier.judge.epochs=2", "gan.name=other")
    )
    assert recipe.networks["generator"].learning_rate == 0.01
    assert recipe.networks["generator"].weights == "other"
    assert recipe.networks["judge"].epochs == 2
    assert recipe.networks["judge"].architecture == "plain"
    assert recipe.networks["labeller"] == load_recipe("celeba64").networks["labeller"]


def test_fingerprint_of_an_old_training_is_that_of_version_0_1(tmp_path, monkeypatch, made_up_celeba):
    """Computed by version 0.1 from what it counted; weights that it trained stay fresh."""
    recipe = recipe_of(tmp_path, f"[data]\npath = '{made_up_celeba}'\nresolution = 8\n" + OLD)
    _, gan, labeller = plan_networks(recipe, ("generator", "labeller"))
    assert (gan.stage, gan.former_title) == ("gan", "gan")
    assert dict(gan.parameters) == {
        "name": "faces",
        "latent_dim": 128,
        "maps": (128, 128, 96, 48, 16),
        "loss": "logistic-r1",
        "penalty": 0.2,
        "penalty_interval": 8,
        "learning_rate": 1.5e-3,
        "average_half_life": 5_000,
        "mirror": True,
        "seed": 3,
        "schedule": [[8, 0, 8, 4]],
    }
    assert (labeller.stage, labeller.former_title) == ("classifier", "classifier labeller")
    assert dict(labeller.parameters) == {
        "role": "labeller",
        "name": "faces",
        "mirror": True,
        "architecture": "residual",
        "widths": (32, 64, 128, 256),
        "depths": (1, 2, 2, 1),
        "dropout": 0.3,
        "application": "",
        "application_weights": "",
        "epochs": 3,
        "batch": 64,
        "learning_rate": 2e-3,
        "weight_decay": 0.02,
        "shift": 4,
        "jitter": 0.15,
        "erase": 0.0,
        "seed": 1,
    }


@pytest.mark.parametrize("text", ["[gan]\nspeed = 3\n", "[classifier]\nspeed = 3\n"])
def test_unknown_keys_of_old_sections_are_one_line_errors(tmp_path, text):
    with pytest.raises(
        UserError, match=r"old\.toml: Object contains unknown field `speed` - at `\$\.networks\."
    ):
        recipe_of(tmp_path, text)


def test_an_old_section_that_is_no_table_is_a_one_line_error():
    with pytest.raises(UserError, match="unknown field `gan`"):
        load_recipe("celeba64", ("gan=3",))


def test_a_recipe_without_old_sections_is_left_as_it_is():
    content = {"name": "new", "networks": {"a": {"kind": "attribute-cnn"}}}
    assert upgrade_sections(content) == content


def test_a_network_that_is_no_table_is_a_line(tmp_path):
    with pytest.raises(UserError, match=r"networks"):
        recipe_of(tmp_path, "[networks]\nlabeller = 3\n[classifier]\nname = 'x'\n")
