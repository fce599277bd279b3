"""`invert`, `edit --photo` and `morph --photo`: what they write, and nothing where something is wrong."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data.images.paste import paste_mask
from data.images.similarity import Similarity
from models.weights.weight_file import tuned_from
from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_run, seeded_latents
from tests.pipelines.dotted_faces import LARGE, dotted_photograph, use_dot_detector
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network
SEARCH = ("--steps", 12, "--starts", 2)


@pytest.fixture
def run(finished):
    return open_run(load_recipe(str(finished)))


@pytest.fixture
def photographs(run, tmp_path):
    """Two pictures of the generator, enlarged, as aligned photographs."""
    paths = [tmp_path / f"{name}.png" for name in ("me", "you")]
    for path, image in zip(paths, run.draw(seeded_latents(run, [3, 8])), strict=True):
        Image.fromarray(image).resize((64, 64), Image.Resampling.BICUBIC).save(path)
    return paths


@pytest.fixture
def party(tmp_path, monkeypatch):
    """A photograph with a face that is turned and enlarged."""
    use_dot_detector(monkeypatch, LARGE)
    path = tmp_path / "party.png"
    Image.fromarray(dotted_photograph(LARGE)).save(path)
    return path


def test_invert_writes_a_picture_that_edit_goes_on_from(finished, photographs, command, tmp_path):
    out, steps = tmp_path / "found.png", tmp_path / "steps.png"
    options = ("--aligned", *SEARCH, "--steps-out", steps)
    status, told, err = command("invert", finished, photographs[0], "--out", out, *options)
    assert (status, err) == (0, "")
    assert "me.png: PSNR" in told
    assert Image.open(out).size == (8, 8)
    assert Image.open(steps).width > 300
    edit = ("edit", finished, "--from", out, "--set", "Smiling=+0.2", "--out", tmp_path / "e.png")
    assert command(*edit)[0] == 0


def test_invert_writes_a_latent_that_edit_takes(finished, photographs, command, tmp_path):
    latent = tmp_path / "found.npy"
    assert command("invert", finished, photographs[0], "--out", latent, "--aligned", *SEARCH)[0] == 0
    assert np.load(latent).shape == (8,)
    edit = ("edit", finished, "--latent", latent, "--set", "Smiling=+0.2", "--out", tmp_path / "e.png")
    assert command(*edit)[0] == 0


def test_edit_of_a_photograph_changes_its_face_alone(finished, party, command, tmp_path):
    pixels = np.asarray(Image.open(party))
    square = LARGE.after(Similarity(128, 25 + 57j))  # CelebA's square of 128 pixels
    outside = paste_mask(*pixels.shape[:2], square) == 0
    for paste in ("change", "crop"):
        out = tmp_path / f"{paste}.png"
        options = ("--set", "Smiling=+0.2", "--paste", paste, *SEARCH)
        status, told, err = command("edit", finished, "--photo", party, *options, "--out", out)
        assert (status, err) == (0, "")
        assert "Found one face" in told
        changed = (np.asarray(Image.open(out)) != pixels).any(axis=-1)
        assert changed.any()
        assert changed[outside].mean() < 0.01  # the landmarks are found within some pixels
        assert not changed[:20].any()
    alone = ("--paste", "off", "--scale", 2, *SEARCH, "--out", tmp_path / "alone.png")
    assert command("edit", finished, "--photo", party, "--set", "Smiling=+0.2", *alone)[0] == 0
    assert Image.open(tmp_path / "alone.png").size == (16, 16)


def test_tuning_writes_a_generator_of_its_own(finished, photographs, command, tmp_path, run, monkeypatch):
    monkeypatch.setattr("models.inversion.pivotal_tuning.TuningOptions.__init__", _few_steps)
    path = tmp_path / "me.generator.h5"
    options = ("--aligned", *SEARCH, "--tune", "--generator-out", path)
    status, told, _ = command("invert", finished, photographs[0], "--out", tmp_path / "found.png", *options)
    assert status == 0
    assert "After tuning: PSNR" in told
    assert tuned_from(path) == run.generator.sha256
    taken = ("edit", finished, "-s", f"sample.generator='{path}'", "--from", tmp_path / "found.png")
    assert command(*taken, "--set", "Smiling=+0.5", "--out", tmp_path / "later.png")[0] == 0
    edit = (
        "edit",
        finished,
        "--photo",
        photographs[0],
        "--aligned",
        *SEARCH,
        "--set",
        "Smiling=+0.5",
        "--tune",
    )
    assert command(*edit, "--out", tmp_path / "e.png")[0] == 0


def _few_steps(self, steps=3, locality=1.0, seed=0):
    for name, value in (("steps", 3), ("locality", locality), ("seed", seed)):
        object.__setattr__(self, name, value)


def test_morph_of_photographs_is_an_animation_or_a_row(finished, photographs, command, tmp_path):
    photos = [word for path in photographs for word in ("--photo", path)]
    morph = ("morph", finished, *photos, "--aligned", *SEARCH)
    assert command(*morph, "--frames", 6, "--out", tmp_path / "m.gif")[0] == 0
    assert Image.open(tmp_path / "m.gif").n_frames == 6
    status, told, _ = command(*morph, "--frames", 4, "--scale", 1, "--out", tmp_path / "m.png")
    assert status == 0
    assert "me.png" in told
    assert Image.open(tmp_path / "m.png").size == ((4 + 2) * 8, 8)  # the photographs stand at the ends


def animated_gif():
    frames = [Image.new("L", (64, 64), shade) for shade in (0, 200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def png_of(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb():
    """A PNG file whose header alone says 20,000 × 10,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    content = png_of(64, 64)
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def jpeg():
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png_of(64, 64), "no face was found"),
        (png_of(1, 1), "at least 20 pixels"),
        (animated_gif(), "is an animation"),
        (jpeg()[:300], "cannot be decoded"),
        (bomb(), "80,000,000 pixels"),
        (b"a text", "is no image"),
        (None, "no such file"),
    ],
    ids=["no face", "one pixel", "animation", "cut off", "bomb", "text", "missing"],
)
@pytest.mark.parametrize("words_of", ["invert", "edit", "morph"])
def test_what_is_no_photograph_is_one_line_and_writes_nothing(
    finished, command, tmp_path, monkeypatch, content, words, words_of
):
    use_dot_detector(monkeypatch)
    path, out = tmp_path / "me.jpg", tmp_path / "new" / "out.png"
    if content is not None:
        path.write_bytes(content)
    arguments = {
        "invert": ("invert", finished, path),
        "edit": ("edit", finished, "--photo", path, "--set", "Smiling=+0.5"),
        "morph": ("morph", finished, "--photo", path, "--photo", path),
    }[words_of]
    check_one_line(command(*arguments, "--out", out), path, words)
    assert not out.exists()


@pytest.mark.parametrize("words_of", ["invert", "edit", "morph"])
def test_a_drawing_is_one_line(finished, command, tmp_path, monkeypatch, words_of):
    use_dot_detector(monkeypatch, LARGE)
    path, out = tmp_path / "drawing.png", tmp_path / "new" / "out.png"
    Image.fromarray(dotted_photograph(LARGE) // 8 * 8).save(path)  # without grain
    arguments = {
        "invert": (path,),
        "edit": ("--photo", path, "--set", "Smiling=+0.5"),
        "morph": ("--photo", path, "--photo", path),
    }[words_of]
    check_one_line(
        command(words_of, finished, *arguments, "--out", out), path, "must be photographed, not drawn"
    )
    assert not out.exists()


def test_a_face_at_the_edge_is_one_line(finished, command, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "pipelines.sources.photographs.MOST_OUTSIDE", 0.05
    )  # so that its dots are still there
    use_dot_detector(monkeypatch, Similarity(1, -250).after(LARGE))
    path = tmp_path / "edge.png"
    Image.fromarray(dotted_photograph(LARGE)[:, 250:]).save(path)
    check_one_line(
        command("invert", finished, path, "--out", tmp_path / "o.png"), path, "must lie in the photograph"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("invert", "--steps", 0, "--out", "o.png"), "for which there is no encoder"),
        (("invert", "--encoder", "nobody", "--out", "o.png"), "`encoder` must be a file or one of"),
        (("invert", "--starts", 0, "--out", "o.png"), "`starts` must be from 1"),
        (("invert", "--out", "o.bmp"), "must end in one of .png"),
        (("invert", "--generator-out", "g.generator.h5", "--out", "o.png"), "needs `--tune`"),
        (("invert", "--tune", "--generator-out", "g.h5", "--out", "o.png"), "must end in .generator.h5"),
        (("edit", "--seed", 3, "--out", "o.png"), "must be said once"),
        (("morph", "--seeds", "1,2", "--out", "o.gif"), "must be said once"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    finished, photographs, command, tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    name, *options = arguments
    photo = (photographs[0],) if name == "invert" else ("--photo", photographs[0])
    before = {path.name for path in tmp_path.iterdir()}
    check_one_line(command(name, finished, *photo, "--aligned", *options), words)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_morph_without_faces_is_one_line(finished, command, tmp_path):
    check_one_line(command("morph", finished, "--out", tmp_path / "m.gif"), "must be said once")
