from __future__ import annotations

import builtins
import dataclasses

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.parse_options import parse_seeds
from pipelines.images.animation import save_animation
from pipelines.images.picture_files import enlarge_images, save_picture
from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_run, seeded_latents
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes, write_axes
from tlgan.latents.sampling import draw_latents


@pytest.fixture
def run(finished):
    return open_run(load_recipe(str(finished)))


def test_opened_run_scores_as_the_label_stage_did(run, home):
    from tlgan.storage.row_files import map_rows

    (samples,), (labels,) = (
        list((home / "artifacts").glob(f"{kind}-*.h5")) for kind in ("samples", "labels")
    )
    latents, scores = (map_rows(path, name, 5) for path, name in ((samples, "latents"), (labels, "scores")))
    images = run.draw(latents)
    np.testing.assert_array_equal(images, map_rows(samples, "images", 5))
    np.testing.assert_allclose(run.read(latents, images), scores, rtol=1e-5)
    assert run.folder == home / "runs" / "toy"
    assert list(run.verdicts) == list(run.axes.names)


def test_attribute_without_a_labeller_is_nan(run):
    unscored = dataclasses.replace(run, labellers=())
    latents = seeded_latents(unscored, [1, 2])
    scores = unscored.read(latents, unscored.draw(latents))
    assert scores.shape == (2, 4)
    assert np.isnan(scores).all()


def test_seed_is_the_same_face_alone_and_among_others(run):
    faces = seeded_latents(run, [3, 8, 3])
    np.testing.assert_array_equal(faces[0], faces[2])
    np.testing.assert_array_equal(faces[1], draw_latents(0, 1, 8, seed=8)[0])


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", True])
def test_seed_must_be_a_whole_number(run, seed):
    with pytest.raises(UserError, match="seed must be a whole number"):
        seeded_latents(run, [seed])


def test_run_without_axes_says_how_to_make_them(toy_recipe):
    with pytest.raises(UserError, match=r"no axes yet.*make run RECIPE=toy"):
        open_run(load_recipe(str(toy_recipe)))


def test_axes_of_another_generator_are_refused(finished, home):
    (made,) = (home / "artifacts").glob("axes-*.h5")
    exported = home / "runs" / "toy" / "axes" / "toy.axes.h5"
    write_axes(dataclasses.replace(read_axes(made), generator_sha256="0" * 64), exported)
    made.unlink()
    with pytest.raises(UserError, match=r"toy.axes.h5: the axes do not belong to this generator .*0000"):
        open_run(load_recipe(str(finished)))


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", (7,)), ("3,8,21", (3, 8, 21)), ("1-3", (1, 2, 3)), ("9, 1 - 2", (9, 1, 2))]
)
def test_parse_seeds(text, seeds):
    assert parse_seeds(text) == seeds


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


def test_animations_have_the_frames_given(finished, command, tmp_path):
    morph = ("morph", finished, "--seeds", "3,8", "--frames", 6, "--scale", 2)
    assert command(*morph, "--out", tmp_path / "m.gif")[0] == 0
    picture = Image.open(tmp_path / "m.gif")
    assert (picture.n_frames, picture.info["duration"], picture.info["loop"]) == (6, 40, 0)
    walk = ("walk", finished, "--seed", 5, "--steps", 8, "--fps", 10)
    assert command(*walk, "--out", tmp_path / "w.webp")[0] == 0
    assert Image.open(tmp_path / "w.webp").n_frames == 8


def test_mp4_has_the_frames_given(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    frames = np.random.default_rng(0).integers(0, 255, (5, 34, 33, 3), np.uint8)
    save_animation(frames, tmp_path / "m.mp4", 25)
    facts, *read = ffmpeg.read_frames(str(tmp_path / "m.mp4"))
    assert facts["size"] == (32, 34)
    assert len(read) == 5
    assert list(tmp_path.iterdir()) == [tmp_path / "m.mp4"]


def test_mp4_without_ffmpeg_names_the_command(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "imageio_ffmpeg":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"pip install 'imageio\[ffmpeg\]'"):
        save_animation(np.zeros((2, 8, 8, 3), np.uint8), tmp_path / "m.mp4")
    assert not list(tmp_path.iterdir())


def test_enlarging_keeps_flat_pictures_and_sharpening_raises_contrast():
    flat = np.full((2, 8, 8, 3), 77, np.uint8)
    assert (enlarge_images(flat, 4) == 77).all()
    edge = np.zeros((1, 8, 8, 3), np.uint8)
    edge[:, :, 4:] = 128
    soft, sharp = enlarge_images(edge, 4).astype(int), enlarge_images(edge, 4, sharpen=True).astype(int)
    assert sharp.max() > soft.max()


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
        ("morph TOY --seeds 3,8 --frames 1 --out OUT/x.gif", "Got 1"),
        ("morph TOY --seeds 3,8 --out OUT/x.png", "must end in one of .gif"),
        ("walk TOY --seed 5 --fps 0 --out OUT/x.gif", "from 1 to 100"),
        ("grid TOY --rows 0 --out OUT/x.png", "`--rows` must be from 1"),
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


def test_picture_cannot_replace_a_folder(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        save_picture(np.zeros((4, 4, 3), np.uint8), tmp_path / "x.png")
