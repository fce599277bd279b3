"""Stage `prepare`: photographs as small faces, split by person; half a data set is a line, not a crash."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import data.images.decode
from data.images.labelled_images import TEST, TRAIN, VALIDATION
from data.readers.celeba_tables import ATTRIBUTES
from pipelines.planning.plan import plan_networks
from pipelines.recipe.load import load_recipe
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line
from tlgan.storage.row_files import map_rows, partial_path, read_attributes, rows_done

ROOT = Path(__file__).parents[3]
COLUMNS = ("images", "labels", "split", "identity")
N_FACES = 94  # of 96, one is cut short and one is not in the table


def step_of(path, *overrides):
    (step,) = plan_networks(load_recipe(str(path), overrides), ())
    return step


def state(path, *overrides) -> str:
    return str(check_freshness(step_of(path, *overrides), Ledger("people")))


def test_faces_labels_and_people(people_recipe, command):
    status, out, _ = command("prepare", people_recipe)
    assert status == 0
    output = step_of(people_recipe).output
    facts = read_attributes(output)
    assert facts["format"] == "tlgan.faces"
    assert facts["names"] == list(ATTRIBUTES)
    images, labels, split, identity = (np.array(map_rows(output, name)) for name in COLUMNS)
    assert images.shape == (N_FACES, 8, 8, 3)
    assert set(np.unique(labels)) == {0, 1}
    # Bright is Male and red is Smiling, as they were drawn.
    grey = images[..., 1].mean(axis=(1, 2))
    male, smiling = (labels[:, ATTRIBUTES.index(name)] > 0.5 for name in ("Male", "Smiling"))
    assert np.corrcoef(grey, male)[0, 1] > 0.5
    redness = images[..., 0].mean(axis=(1, 2)) - grey
    assert redness[smiling].min() > redness[~smiling].max()
    assert images.mean() == pytest.approx(124.858, abs=0.1)  # JPEG decoders differ by less
    # Nobody is in two parts.
    parts = [set(identity[split == part]) for part in (TRAIN, VALIDATION, TEST)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    counts = [int((split == part).sum()) for part in (TRAIN, VALIDATION, TEST)]
    assert sum(counts) == N_FACES
    assert f"94 faces: {counts[0]} to train, {counts[1]} to calibrate, {counts[2]} to test" in out


def test_skipped_images_are_counted_by_reason(people_recipe, command):
    _, out, _ = command("prepare", people_recipe)
    assert "skipped 2 images" in out
    assert "image cannot be decoded: 1 (000007.jpg)" in out
    assert "image without a row in the attribute table: 1 (000020.jpg)" in out


def test_a_second_run_does_nothing_and_changes_are_named(people_recipe, command):
    assert state(people_recipe) == "missing"
    command("prepare", people_recipe)
    assert state(people_recipe) == "fresh"
    assert "prepare: fresh" in command("prepare", people_recipe)[1]
    assert state(people_recipe, "data.resolution=16") == "stale (resolution: 8 → 16)"
    assert state(people_recipe, "data.seed=3") == "stale (seed: 0 → 3)"
    assert state(people_recipe, "gan.seed=3") == "fresh"


def test_a_data_set_may_move_but_not_change(people_recipe, made_up_celeba, tmp_path, command):
    command("prepare", people_recipe)
    other = tmp_path / "moved" / "elsewhere"
    shutil.copytree(made_up_celeba, other)
    assert state(people_recipe, f"data.path='{other}'") == "fresh"
    (other / "img_align_celeba" / "000001.jpg").unlink()
    assert state(people_recipe, f"data.path='{other}'") == "stale (data changed)"


def test_the_environment_variable_names_the_folder(people_recipe, made_up_celeba, monkeypatch):
    monkeypatch.setenv("TLGAN_CELEBA", str(made_up_celeba))
    assert step_of(people_recipe, "data.path=").fingerprint == step_of(people_recipe).fingerprint


def in_small_chunks(patch) -> None:
    """Chunks of 16 photographs, so that there is a middle to be interrupted in."""
    read_chunks = data.images.decode.read_chunks
    patch.setattr(
        data.images.decode,
        "read_chunks",
        lambda faces, resolution, **options: read_chunks(faces, resolution, chunk_rows=16, **options),
    )


def accident(kind: str, call: int):
    """`os.pwrite` that meets with an accident in its `call`-th call."""
    pwrite, calls = os.pwrite, []

    def write(descriptor, data, offset):
        calls.append(1)
        if len(calls) == call:
            if kind == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            signal.raise_signal(signal.SIGINT)
        return pwrite(descriptor, data, offset)

    return write


@pytest.mark.parametrize(("kind", "status"), [("full", 1), ("interrupt", 130)])
def test_interrupted_preparation_starts_again(people_recipe, home, command, monkeypatch, kind, status):
    output = step_of(people_recipe).output
    with monkeypatch.context() as patch:
        in_small_chunks(patch)
        patch.setattr(os, "pwrite", accident(kind, 13))  # five writes for a chunk: in the third
        result = command("prepare", people_recipe)
    assert result[0] == status
    if kind == "full":
        check_one_line(result, output, "no space left", "run the same command again")
    assert not output.exists()
    assert rows_done(partial_path(output)) == 31  # of two chunks, without the photograph that is cut short
    assert [path.name for path in output.parent.iterdir()] == [partial_path(output).name]
    assert command("prepare", people_recipe)[0] == 0
    rows = {name: np.array(map_rows(output, name)) for name in COLUMNS}
    monkeypatch.setenv("TLGAN_HOME", str(home.parent / "other"))
    assert command("prepare", people_recipe)[0] == 0  # uninterrupted
    for name, values in rows.items():
        np.testing.assert_array_equal(values, map_rows(step_of(people_recipe).output, name))


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_file_size_limit_is_a_one_line_error(people_recipe, home):
    """No file of this process may grow beyond 100 kB; the faces would take 280."""
    arguments = [sys.executable, "-m", "pipelines", "prepare", str(people_recipe), "-s", "data.resolution=32"]
    done = subprocess.run(
        arguments, cwd=ROOT, preexec_fn=limit_files, check=False, capture_output=True, text=True
    )
    check_one_line((done.returncode, done.stdout, done.stderr), "no space left", "artifacts/faces-")
    assert not [path for path in (home / "artifacts").iterdir() if not path.name.endswith(".partial")]


def without(*names):
    def damage(folder):
        for name in names:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def rewrite_table(change):
    def damage(folder):
        path = folder / "list_attr_celeba.txt"
        path.write_text(change(path.read_text()))

    return damage


def truncate_all(folder):
    for path in (folder / "img_align_celeba").iterdir():
        path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: shutil.rmtree(folder), ["no such data set", "TLGAN_CELEBA"]),
        (without("img_align_celeba"), ["must hold the photographs", "Download them"]),
        (without("list_attr_celeba.txt"), ["must hold list_attr_celeba.txt", "Download it"]),
        (
            rewrite_table(lambda text: text.replace("Smiling", "Grinning")),
            ["list_attr_celeba.txt", "'Grinning'"],
        ),
        (
            rewrite_table(lambda text: text[: len(text) // 2]),
            ["list_attr_celeba.txt", "must have a file name"],
        ),
        (rewrite_table(lambda text: ""), ["list_attr_celeba.txt"]),
        (
            rewrite_table(lambda text: text.replace(".jpg", ".png")),
            ["list_attr_celeba.txt", "must have a row"],
        ),
        (truncate_all, ["none of 95 images could be read", "image cannot be decoded: 95"]),
    ],
)
def test_incomplete_data_set_is_a_one_line_error(
    people_recipe, made_up_celeba, tmp_path, home, command, damage, words
):
    folder = tmp_path / "half"
    shutil.copytree(made_up_celeba, folder)
    damage(folder)
    check_one_line(command("prepare", people_recipe, "-s", f"data.path='{folder}'"), *words)
    left = list((home / "artifacts").iterdir()) if (home / "artifacts").exists() else []
    assert not [path for path in left if not path.name.endswith(".partial")]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("data.split=[0.5, 0.5, 0.5]", "sum to 1"),
        ("data.resolution=256", "must be at most the side of the crop (128)"),
        ("data.kind=utkface", "images must be named age_gender_race_date.jpg"),
    ],
)
def test_impossible_preparations_are_one_line_errors(people_recipe, command, override, words):
    check_one_line(command("prepare", people_recipe, "-s", override), words)


def test_folder_with_continuous_and_missing_labels(people_recipe, tmp_path, command):
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(12):
        Image.fromarray(np.full((20, 16, 3), 20 * number, np.uint8)).save(folder / f"{number}.png")
    rows = [f"{n}.png,{n % 2},{n * 1.5 if n % 3 else ''},{'abc'[n % 3]}" for n in range(12)]
    (folder / "labels.csv").write_text("\n".join(["file,Male,Age:continuous:years,Mood", *rows]))
    overrides = ("data.kind=folder", f"data.path='{folder}'")
    status, _, err = command("prepare", people_recipe, *(part for item in overrides for part in ("-s", item)))
    assert status == 0, err
    output = step_of(people_recipe, *overrides).output
    facts = read_attributes(output)
    assert (facts["names"], facts["kinds"]) == (
        ["Male", "Age", "Mood"],
        ["binary", "continuous", "categorical"],
    )
    labels = np.array(map_rows(output, "labels"))
    shown = map_rows(output, "images")[:, 0, 0, 0] // 20
    np.testing.assert_array_equal(labels[:, 0], shown % 2)
    np.testing.assert_array_equal(labels[:, 1], np.where(shown % 3, shown * 1.5, np.nan))


def write_folder(folder, rows, count=20):
    """A folder of `count` grey pictures, picture n of grey 10 n, and a table."""
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((16, 16, 3), 10 * number, np.uint8)).save(folder / f"{number}.png")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return ("data.kind=folder", f"data.path='{folder}'")


def settings(overrides):
    return [part for item in overrides for part in ("-s", item)]


def test_two_labels_swapped_in_place_are_prepared_again(people_recipe, tmp_path, command):
    rows = ["file,Male", *(f"{number}.png,{number % 2}" for number in range(20))]
    overrides = write_folder(tmp_path / "mine", rows)
    command("prepare", people_recipe, *settings(overrides))
    rows[1], rows[2] = "0.png,1", "1.png,0"
    (tmp_path / "mine/labels.csv").write_text("\n".join(rows) + "\n")
    assert state(people_recipe, *overrides) == "stale (data changed)"
    command("prepare", people_recipe, *settings(overrides))
    output = step_of(people_recipe, *overrides).output
    greys = map_rows(output, "images")[:, 0, 0, 0] // 10
    wanted = [{0: 1, 1: 0}.get(grey, grey % 2) for grey in greys.tolist()]
    assert np.array(map_rows(output, "labels"))[:, 0].tolist() == wanted


def test_the_tables_own_split_is_used(people_recipe, tmp_path, command):
    parts = ["train"] * 10 + ["validation"] * 5 + ["test"] * 5
    rows = [
        "file,Male,partition",
        *(f"{number}.png,{number % 2},{part}" for number, part in enumerate(parts)),
    ]
    overrides = (*write_folder(tmp_path / "mine", rows), "data.split=given")
    status, out, _ = command("prepare", people_recipe, *settings(overrides))
    assert status == 0
    assert "split as the set's own table says (10 train, 5 validation, 5 test)" in out
    assert "20 faces: 10 to train, 5 to calibrate, 5 to test" in out
    output = step_of(people_recipe, *overrides).output
    greys = map_rows(output, "images")[:, 0, 0, 0] // 10
    wanted = [{"train": TRAIN, "validation": VALIDATION, "test": TEST}[parts[grey]] for grey in greys]
    assert np.asarray(map_rows(output, "split")).tolist() == wanted
    _, out, _ = command("prepare", people_recipe, *settings(overrides[:2]))  # which sets data.split
    assert "the set's own split (10 train, 5 validation, 5 test) is not used: `data.split` is set" in out


def test_the_official_split_of_celeba_is_used(people_recipe, made_up_celeba, tmp_path, command):
    folder = tmp_path / "official"
    shutil.copytree(made_up_celeba, folder)
    parts = [0] * 60 + [1] * 20 + [2] * 16
    lines = [f"{number:06d}.jpg {part}" for number, part in enumerate(parts, start=1)]
    (folder / "list_eval_partition.txt").write_text("\n".join(lines) + "\n")
    overrides = (f"data.path='{folder}'", "data.split=given")
    assert (
        "58 to train, 20 to calibrate, 16 to test"
        in command("prepare", people_recipe, *settings(overrides))[1]
    )
    assert (np.diff(map_rows(step_of(people_recipe, *overrides).output, "split")) >= 0).all()


def test_what_is_assumed_and_left_out_is_said(people_recipe, tmp_path, command):
    rows = ["file;Age;Beard;Hair", "0.png;20,5;-1;dark", "1.png;31;0;fair", "2.png;4;1;red", "9.png;5;1;dark"]
    overrides = write_folder(tmp_path / "mine", rows, count=9)
    (tmp_path / "mine/clip.mp4").write_bytes(b"film")
    status, out, _ = command("prepare", people_recipe, *settings(overrides))
    assert status == 0
    assert (
        "labels: 2 continuous (Age, Beard), 1 categorical (Hair (dark, fair, red)); no network learns" in out
    )
    assert "Beard is -1, 0 and 1: taken as continuous" in out
    assert "rows of the table whose picture is not there: 1 (9.png)" in out
    assert "file without a picture's ending: 1 (clip.mp4)" in out
    assert "image without a row in the table: 6 (3.png, 4.png, 5.png, ...)" in out
    labels = np.array(map_rows(step_of(people_recipe, *overrides).output, "labels"))
    assert labels[:, 0].tolist() == [20.5, 31, 4]


def test_more_data_sets_stand_behind_the_first(people_recipe, tmp_path, command):
    more = tmp_path / "utkface"
    more.mkdir()
    random = np.random.default_rng(0)
    for number in range(20):
        shade = random.integers(0, 255, (200, 200, 3)).astype("uint8")
        Image.fromarray(shade).save(more / f"{number + 1}_0_0_{number}.png")
    override = f'data.more=[{{kind="utkface", path="{more}", framing="celeba"}}]'
    alone = step_of(people_recipe).fingerprint
    status, out, _ = command("prepare", people_recipe, "-s", override)
    assert status == 0
    assert f"{N_FACES + 20} faces" in out
    step = step_of(people_recipe, override)
    assert step.fingerprint != alone
    facts = read_attributes(step.output)
    assert facts["names"] == [*ATTRIBUTES, "Age", "Race"]
    labels, split = (np.array(map_rows(step.output, name)) for name in ("labels", "split"))
    assert np.isnan(labels[:N_FACES, -2]).all()
    ages = labels[N_FACES:, -2]
    assert sorted(ages) == list(range(1, 21))
    np.testing.assert_array_equal(labels[N_FACES:, ATTRIBUTES.index("Male")], 1)
    assert set(np.unique(split[N_FACES:])) >= {TRAIN, TEST}
