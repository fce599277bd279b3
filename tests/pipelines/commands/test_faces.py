from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.recipe.load import load_recipe
from pipelines.runs import finished_run
from pipelines.runs.finished_run import open_run, seeded_latents
from pipelines.sources.source import Source
from tlgan.editing.linear_predictors import predictors
from tlgan.editing.predictions import predictions


@pytest.fixture
def run(finished):
    return open_run(load_recipe(str(finished)))


def test_edit_changes_what_it_says_and_writes_picture_and_latent(finished, command, tmp_path, run):
    start = seeded_latents(run, [3])
    out, latent = tmp_path / "new" / "face.png", tmp_path / "z.npy"
    arguments = ("--seed", 3, "--set", "Smiling=+0.5", "--lock", "Bald")
    status, printed, err = command("edit", finished, *arguments, "--out", out, "--latent-out", latent)
    assert (status, err) == (0, "")
    assert Image.open(out).size == (512, 512)
    before, after = predictors(run.axes, np.stack([start[0].astype(float), np.load(latent)]))
    changes = dict(zip(run.axes.names, after - before, strict=True))
    assert changes["Smiling"] == pytest.approx(0.5)
    assert [changes[name] for name in ("Bald", "Male", "Young")] == pytest.approx([0, 0, 0], abs=1e-6)
    for word in ("Smiling", "edited", "locked", "held (base)", "before", "after"):
        assert word in printed


def test_edit_takes_probabilities_and_starts_from_a_latent(finished, command, tmp_path, run):
    np.save(tmp_path / "z.npy", seeded_latents(run, [3])[0])
    arguments = ("edit", finished, "--latent", tmp_path / "z.npy", "--set", "Smiling=0.6", "--free-base")
    assert command(*arguments, "--latent-out", tmp_path / "y.npy", "--out", tmp_path / "y.webp")[0] == 0
    logit = predictors(run.axes, np.load(tmp_path / "y.npy")[None])[0, run.axes.index("Smiling")]
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(0.6)


def test_strip_and_grid_are_sheets_of_the_size_given(finished, command, tmp_path):
    shown = ("--scale", 2, "--sharpen")
    strip = ("strip", finished, "--axis", "Smiling", "--seeds", "3-4", "--reach", 0.05, "--steps", 3)
    status, printed, _ = command(*strip, *shown, "--out", tmp_path / "s.jpg")
    assert status == 0
    assert Image.open(tmp_path / "s.jpg").size == (3 * 16, 2 * 16)
    assert "unmoved" in printed
    for nearby in ((), ("--nearby", "seed:5")):
        grid = ("grid", finished, "--rows", 2, "--cols", 3, *nearby, *shown)
        assert command(*grid, "--out", tmp_path / "g.png")[0] == 0
        assert Image.open(tmp_path / "g.png").size == (3 * 16, 2 * 16)


def test_grid_of_the_best_shows_the_seeds_that_the_discriminator_prefers(
    finished, command, tmp_path, run, monkeypatch
):
    brightness = Source("d", "", lambda _: lambda images: images.mean(axis=(1, 2, 3)))
    monkeypatch.setattr(finished_run, "discriminator_source", lambda recipe, generator: brightness)
    grid = ("grid", finished, "--rows", 1, "--cols", 3, "--best-of", 4, "--scale", 1)
    status, printed, _ = command(*grid, "--out", tmp_path / "g.png")
    assert status == 0
    levels = run.draw(seeded_latents(run, range(1, 13))).mean(axis=(1, 2, 3)).reshape(3, 4)
    seeds = levels.argmax(axis=1) + np.array([1, 5, 9])
    assert f"Seeds: {', '.join(map(str, seeds))}" in printed
    sheet = np.asarray(Image.open(tmp_path / "g.png")).reshape(8, 3, 8, 3).swapaxes(0, 1)
    np.testing.assert_array_equal(sheet, run.draw(seeded_latents(run, seeds)))


@pytest.fixture
def local_run(finished_with_regressor):
    return open_run(load_recipe(str(finished_with_regressor)))


@pytest.mark.parametrize(("method", "words"), [((), "says the regressor"), (("straight",), "says the fit")])
def test_edit_brings_the_prediction_of_its_method_to_the_probability(
    finished_with_regressor, command, tmp_path, local_run, method, words
):
    arguments = (
        "--seed",
        3,
        "--set",
        "Smiling=0.6",
        "--free-base",
        *(("--method", *method) if method else ()),
    )
    files = ("--out", tmp_path / "y.png", "--latent-out", tmp_path / "y.npy")
    status, printed, _ = command("edit", finished_with_regressor, *arguments, *files)
    assert status == 0
    assert words in printed
    assert "held (base)" not in printed
    logits = predictions(local_run.axes, np.load(tmp_path / "y.npy")[None], *(method or ("local",)))[0]
    probability = 1 / (1 + np.exp(-logits[local_run.axes.index("Smiling")]))
    assert probability == pytest.approx(0.6, abs=0.001 if not method else 1e-9)


def test_edit_that_stops_early_says_so_and_keeps_what_was_reached(
    finished_with_regressor, command, tmp_path, local_run
):
    files = ("--out", tmp_path / "y.png", "--latent-out", tmp_path / "y.npy")
    arguments = ("--seed", 3, "--set", "Smiling=+400", "--lock", "Bald")
    status, printed, err = command("edit", finished_with_regressor, *arguments, *files)
    assert (status, err) == (0, "")
    assert "Smiling changed by +" in printed
    assert "of +400 logit: " in printed
    both = np.stack([seeded_latents(local_run, [3])[0].astype(float), np.load(tmp_path / "y.npy")])
    change = np.diff(predictions(local_run.axes, both), axis=0)[0]
    assert change[local_run.axes.index("Smiling")] > 0.1
    assert change[local_run.axes.index("Bald")] == pytest.approx(0, abs=0.01)


def test_strip_is_local_where_the_axes_have_a_regressor_and_straight_where_asked(
    finished_with_regressor, command, tmp_path
):
    strip = ("strip", finished_with_regressor, "--axis", "Smiling", "--seeds", "3-4", "--steps", 3)
    status, printed, _ = command(*strip, "--reach", 40, "--out", tmp_path / "s.png")
    assert status == 0
    assert "pictures stop before their strength of Smiling" in printed
    straight = (*strip, "--method", "straight", "--reach", 0.05, "--out", tmp_path / "t.png")
    status, printed, _ = command(*straight)
    assert status == 0
    assert "stop before" not in printed
    assert "held (base)" in printed


def test_grid_makes_the_same_edit_on_every_face(finished_with_regressor, command, tmp_path):
    grid = ("grid", finished_with_regressor, "--rows", 1, "--cols", 3, "--scale", 2)
    changes = ("--set", "Smiling=+0.1", "--lock", "Bald", "--strictness", 3)
    status, printed, _ = command(*grid, *changes, "--out", tmp_path / "g.png")
    assert status == 0
    assert "edited" in printed
    assert command(*grid, "--out", tmp_path / "h.png")[0] == 0
    pictures = [np.asarray(Image.open(tmp_path / name)) for name in ("g.png", "h.png")]
    assert not np.array_equal(*pictures)


EDIT = "edit TOY --out OUT/x.png"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{EDIT} --seed seven --set Smiling=0.5", "`--seed` must be whole numbers"),
        (f"{EDIT} --seed 1-2 --set Smiling=0.5", "must be one seed"),
        (f"{EDIT} --seed 4294967296 --set Smiling=0.5", "from 0 to 4294967295"),
        (f"{EDIT} --set Smiling=0.5", "--seed NUMBER or --latent FILE"),
        (f"{EDIT} --seed 3", "something to edit"),
        (f"{EDIT} --seed 3 --set Smilng=0.5", "'Smiling'"),
        (f"{EDIT} --seed 3 --set Smiling", "NAME=NUMBER"),
        (f"{EDIT} --seed 3 --set Smiling=1.2", "inside (0, 1)"),
        (f"{EDIT} --seed 3 --set Smiling=+400", "does not reach"),
        (f"{EDIT} --seed 3 --to Smiling=forty", "NAME=NUMBER"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --lock Smiling", "while locked"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --lock Blad", "'Bald'"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --set Smiling=-1", "twice"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --method local", "must have axes with a regressor"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --strictness -1", "at least 0"),
        (f"{EDIT} --latent OUT/none.npy --set Smiling=+0.1", "there is no such file"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --scale 0", "`scale` must be above 0"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --scale nan", "`scale` must be above 0"),
        (f"{EDIT} --seed 3 --set Smiling=+0.1 --scale 1e9", "`scale` must keep"),
        ("edit TOY --seed 3 --set Smiling=+0.1 --out OUT/x.bmp", "must end in one of .png"),
        ("strip TOY --axis Smiling --seeds 6-1 --out OUT/x.png", "ranges that rise"),
        ("strip TOY --axis Nose --seeds 1 --out OUT/x.png", "no axis named 'Nose'"),
        ("strip TOY --axis Smiling --seeds 1 --steps 4 --out OUT/x.png", "an odd number from 3 to 101"),
        ("strip TOY --axis Smiling --seeds 1 --reach inf --out OUT/x.png", "above 0 and finite"),
        ("morph TOY --seeds 3 --out OUT/x.gif", "at least 2 faces"),
        ("morph TOY --seeds 3,8 --set Smilng=0.5 --out OUT/x.gif", "'Smiling'"),
        ("grid TOY --lock Bald --out OUT/x.png", "something to edit"),
        ("morph TOY --seeds 3,8 --frames 1 --out OUT/x.gif", "Got 1"),
        ("morph TOY --seeds 3,8 --out OUT/x.bmp", "must end in one of .gif"),
        ("walk TOY --seed 5 --fps 0 --out OUT/x.gif", "from 1 to 100"),
        ("grid TOY --rows 0 --out OUT/x.png", "`--rows` must be from 1"),
        ("grid TOY --best-of 4 --out OUT/x.png", "no discriminator lies beside it"),
        ("grid TOY --best-of 4 --nearby seed:5 --out OUT/x.png", "must be 1 with `--nearby`"),
        ("grid TOY --nearby seed:five --out OUT/x.png", "whole numbers"),
        ("grid TOY --nearby seed:5 --degrees 120 --out OUT/x.png", "at most 90"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(finished, command, tmp_path, line, words):
    out = tmp_path / "out"
    arguments = line.replace("TOY", str(finished)).replace("OUT", str(out)).split()
    status, printed, err = command(*arguments)
    assert (status, printed) == (1, "")
    assert words in err
    assert err.count("\n") == 1
    assert not list(out.glob("*"))
