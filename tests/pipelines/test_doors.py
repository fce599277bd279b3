from __future__ import annotations

import numpy as np
import pytest

from pipelines.doors import faces_source, generator_source, judge_source, labeller_source, read_scores
from pipelines.hashes import file_hash, weights_hash
from pipelines.plan import plan, plan_own_networks
from pipelines.portraits import KNOWN_AXES, ORACLE, plant
from pipelines.recipe import load_recipe
from tlgan.errors import UserError
from tlgan.latents import draw_latents

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_known_axes_need_no_file_and_draw_what_was_planted():
    recipe = load_recipe("known-axes", SMALL)
    generator = generator_source(recipe).open()
    latents = draw_latents(0, 3, generator.latent_dim, space=generator.latent_space)
    np.testing.assert_array_equal(generator(latents), plant(recipe).generate(latents))
    assert generator.sha256 == generator_source(recipe).fingerprint


@pytest.mark.parametrize("key", ["seed=1", "latent_dim=65", "nonlinearity=skewed", "resolution=32"])
def test_fingerprints_of_portraits_hang_on_their_parameters(key):
    first, second = (load_recipe("known-axes", more) for more in ((), (f"known_axes.{key}",)))
    assert generator_source(first).fingerprint != generator_source(second).fingerprint
    assert labeller_source(first, ORACLE).fingerprint != labeller_source(second, ORACLE).fingerprint


def test_the_oracles_noise_changes_the_labels_but_neither_the_generator_nor_the_judge():
    first, second = (load_recipe("known-axes", more) for more in ((), ("known_axes.noise=1.0",)))
    assert generator_source(first).fingerprint == generator_source(second).fingerprint
    assert labeller_source(first, ORACLE).fingerprint != labeller_source(second, ORACLE).fingerprint
    judges = [labeller_source(recipe, ORACLE, "judge") for recipe in (first, second)]
    assert judges[0].fingerprint == judges[1].fingerprint


def test_the_oracle_says_the_same_of_a_row_in_any_chunk():
    recipe = load_recipe("known-axes", SMALL)
    oracle = labeller_source(recipe, ORACLE).open()
    latents = draw_latents(0, 10, 64, space="normal")
    images = np.zeros((10, 1, 1, 3), np.uint8)
    whole = read_scores(oracle, images, latents)
    np.testing.assert_array_equal(read_scores(oracle, images[6:], latents[6:], 6), whole[6:])
    noise = (whole - plant(recipe).scores(latents)) / plant(recipe).scales
    assert 0.4 < noise.std() < 0.6


def test_drawn_faces_are_the_training_set():
    recipe = load_recipe("known-axes", SMALL)
    faces = faces_source(recipe)
    assert len(faces.open()) == 40
    assert faces.open().image_size == (16, 16)
    more = faces_source(load_recipe("known-axes", (*SMALL[:2], "data.count=41")))
    assert faces.fingerprint != more.fingerprint


def test_drawn_faces_of_another_size_are_refused():
    with pytest.raises(UserError, match=r"`data\.resolution` must be that of the portraits"):
        faces_source(load_recipe("known-axes", ("data.resolution=32",))).open()


def test_a_plan_trains_what_it_reads_and_nothing_else():
    steps = plan(load_recipe("known-axes", SMALL))
    assert [step.title for step in steps[:4]] == [
        "prepare",
        "classifier labeller",
        "classifier judge",
        "sample",
    ]
    label = next(step for step in steps if step.title == "label known-axes.labeller")
    assert label.inputs["labeller"] == steps[1].fingerprint
    oracle = load_recipe("known-axes", (*SMALL, f"label.labellers=['{ORACLE}']"))
    assert [step.title for step in plan_own_networks(oracle)] == ["prepare", "classifier judge"]
    neither = load_recipe(
        "known-axes", (*SMALL, f"label.labellers=['{ORACLE}']", f"evaluate.judge='{ORACLE}'")
    )
    assert plan_own_networks(neither) == ()


def test_evaluation_is_planned_only_with_a_judge():
    without = load_recipe("known-axes", (*SMALL, "evaluate.judge=''"))
    assert "evaluate" not in [step.stage for step in plan(without)]
    assert "rescore" not in [step.stage for step in plan(load_recipe("known-axes", SMALL), until="fit")]
    with pytest.raises(UserError, match=r"`evaluate\.judge` must name a judge"):
        plan(without, until="evaluate")


def test_a_judge_that_labelled_the_samples_is_refused(toy_recipe, toy_weights):
    judge = f"evaluate.judge='{toy_weights}/toy.labeller.h5'"
    with pytest.raises(UserError, match="another network than the labellers"):
        judge_source(load_recipe(str(toy_recipe), (judge,)))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("evaluate.seed=0", r"`evaluate\.seed` must differ"),
        ("evaluate.steps=[0.0, 1.0]", r"`evaluate\.steps`"),
        ("evaluate.steps=[1.0, 1.0]", r"`evaluate\.steps`"),
    ],
)
def test_edits_that_measure_nothing_are_refused(override, words):
    with pytest.raises(UserError, match=words):
        plan(load_recipe("known-axes", (*SMALL, override)), until="evaluate")


def test_unknown_networks_say_what_there_is():
    with pytest.raises(UserError, match="`labeller` must be a file or one of"):
        labeller_source(load_recipe("known-axes"), "nobody")
    assert generator_source(load_recipe("known-axes")).name == KNOWN_AXES


def test_a_card_counts_with_the_network_it_stands_beside(tmp_path):
    network = tmp_path / "age.labeller.onnx"
    network.write_bytes(b"network")
    alone = weights_hash(network)
    assert alone == file_hash(network)
    network.with_suffix(".toml").write_text("attributes = []")
    first = weights_hash(network)
    network.with_suffix(".toml").write_text("attributes = [1]")
    assert len({alone, first, weights_hash(network)}) == 3
