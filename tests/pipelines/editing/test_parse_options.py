"""Seeds, names and latents from the texts of options."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.editing.parse_options import (
    check_columns,
    choose_latent,
    choose_nearby_latent,
    parse_seed,
    parse_seeds,
)
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import axes_from_directions
from tlgan.editing.parse_changes import split_names
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", (7,)), ("3,8,21", (3, 8, 21)), ("1-3", (1, 2, 3)), ("9, 1 - 2", (9, 1, 2))]
)
def test_parse_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`--faces` must be whole numbers like 3,8,21 or 1-6. Got ''"),
        ("1,,2", "Got ''"),
        ("-1", "Got '-1'"),
        ("1.5", "Got '1.5'"),
        ("٣", "whole numbers"),
        ("6-1", "ranges that rise. Got '6-1'; write 1-6"),
        ("4294967296", "from 0 to 4294967295. Got 4294967296"),
        ("0-4294967296", "from 0 to 4294967295"),
        ("0-10000", "at most 10000 seeds"),
        ("0-9998,5,6", "at most 10000 seeds"),
    ],
)
def test_parse_seeds_refuses(text, message):
    with pytest.raises(UserError) as caught:
        parse_seeds(text, "--faces")
    assert message in str(caught.value)


def test_parse_seed_takes_one():
    assert parse_seed(" 7 ") == 7
    with pytest.raises(UserError, match=r"`--seed` must be one seed\. Got '1-2'"):
        parse_seed("1-2")


@pytest.mark.parametrize("columns", [1, 2, 4, 103, -3])
def test_check_columns_refuses(columns):
    check_columns(3)
    check_columns(101)
    with pytest.raises(UserError, match="an odd number from 3 to 101"):
        check_columns(columns)


AXES = axes_from_directions(["Male", "Hat", "Hat,red"], np.eye(3), latent_space="normal")


def test_split_names_splits_at_commas_that_are_not_in_a_name():
    assert split_names(AXES, ["Male,Hat", "Hat,red"]) == ("Male", "Hat", "Hat,red")
    assert split_names(AXES, [" Male , Hat"]) == ("Male", "Hat")
    with pytest.raises(UserError, match="no axis named 'red'"):
        split_names(AXES, ["Male,red"])


@pytest.fixture
def run():
    generator = SimpleNamespace(latent_dim=3, latent_space="normal")
    return OpenedRun("toy", Path("runs/toy"), generator, AXES, (), {})


def test_choose_latent_of_a_seed_or_a_file(run, tmp_path):
    wanted = draw_latents(0, 1, 3, space="normal", seed=5)[0]
    np.testing.assert_array_equal(choose_latent(run, "5", None), wanted)
    np.save(tmp_path / "z.npy", np.float32([1, 2, 3]))
    np.testing.assert_array_equal(choose_latent(run, None, tmp_path / "z.npy"), [1, 2, 3])


@pytest.mark.parametrize("both", [True, False])
def test_choose_latent_wants_a_seed_or_a_file(run, tmp_path, both):
    with pytest.raises(UserError, match=r"said once: give --seed NUMBER or --latent FILE\.npy"):
        choose_latent(run, "5" if both else None, tmp_path if both else None)


@pytest.mark.parametrize("latents", [np.ones((2, 3)), np.ones(4)])
def test_choose_latent_refuses_other_shapes(run, tmp_path, latents):
    np.save(tmp_path / "z.npy", latents)
    with pytest.raises(UserError, match="must hold one latent of 3 numbers"):
        choose_latent(run, None, tmp_path / "z.npy")


def test_choose_nearby_latent_of_a_seed_or_a_file(run, tmp_path):
    latent, seed = choose_nearby_latent(run, "seed:5")
    np.testing.assert_array_equal(latent, choose_latent(run, "5", None))
    assert seed == 5
    np.save(tmp_path / "z.npy", np.float32([1, 2, 3]))
    latent, seed = choose_nearby_latent(run, str(tmp_path / "z.npy"))
    assert (latent.tolist(), seed) == ([1, 2, 3], 0)
    with pytest.raises(UserError, match="`--nearby seed:` must be"):
        choose_nearby_latent(run, "seed:five")
