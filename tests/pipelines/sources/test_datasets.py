"""Labelled images to train on."""

from __future__ import annotations

import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources import datasets
from pipelines.sources.datasets import data_set_hash, faces_source
from tlgan.errors import UserError

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


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


@pytest.fixture
def folder(tmp_path):
    """Two pictures and a table, in a folder beside the home."""
    folder = tmp_path / "faces"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.png").write_bytes(b"first")
    (folder / "deep/b.png").write_bytes(b"second")
    (folder / "labels.csv").write_text("file,Male\na.png,0\nb.png,1\n")
    return folder


def test_a_table_corrected_in_place_changes_the_data_set(folder):
    """Two labels swapped: the same name, the same length."""
    first = data_set_hash(folder)
    (folder / "labels.csv").write_text("file,Male\na.png,1\nb.png,0\n")
    assert data_set_hash(folder) != first
    (folder / "labels.csv").write_text("file,Male\na.png,0\nb.png,1\n")
    assert data_set_hash(folder) == first


@pytest.mark.parametrize(
    "name", ["identity_CelebA.txt", "deep/list_eval_partition.tsv", "labels.xlsx", "table"]
)
def test_every_file_that_is_no_picture_counts_by_content(folder, monkeypatch, name):
    monkeypatch.setattr(datasets, "MOST_HASHED", 60)  # less than all files together
    (folder / name).write_bytes(b"a.png 0\n")
    first = data_set_hash(folder)
    (folder / name).write_bytes(b"a.png 1\n")
    assert data_set_hash(folder) != first


def test_pictures_count_by_content_where_they_are_few(folder, monkeypatch):
    first = data_set_hash(folder)
    (folder / "a.png").write_bytes(b"FIRST")
    assert data_set_hash(folder) != first
    monkeypatch.setattr(datasets, "MOST_HASHED", 10)
    many = data_set_hash(folder)
    (folder / "a.png").write_bytes(b"first")
    assert data_set_hash(folder) == many
    (folder / "a.png").write_bytes(b"longer")
    assert data_set_hash(folder) != many


def test_a_data_set_may_move_and_macos_may_leave_its_files(folder, tmp_path):
    first = data_set_hash(folder)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "deep/._b.png").write_bytes(b"x")
    folder.rename(tmp_path / "other")
    assert data_set_hash(tmp_path / "other") == first


def test_of_an_archive_the_table_beside_it_counts(folder, tmp_path):
    archive = tmp_path / "faces.tar"
    archive.write_bytes(b"tar")
    table = tmp_path / "labels.csv"
    table.write_text("a.png,0")
    first = data_set_hash(archive)
    table.write_text("a.png,1")
    second = data_set_hash(archive)
    assert first != second
    (tmp_path / "faces/more.png").write_bytes(b"not in the archive")
    assert data_set_hash(archive) == second


def test_a_table_elsewhere_counts_and_is_read(folder, tmp_path, monkeypatch):
    (folder / "labels.csv").rename(tmp_path / "mine.csv")
    overrides = ("data.kind=folder", f"data.path='{folder}'")

    def source(table):
        return faces_source(load_recipe("celeba64", (*overrides, f"data.table='{table}'")))

    first = source(tmp_path / "mine.csv").fingerprint
    (tmp_path / "mine.csv").write_text("file,Male\na.png,1\nb.png,0\n")
    assert source(tmp_path / "mine.csv").fingerprint != first
    assert source(tmp_path / "mine.csv").open().labels.tolist() == [[1], [0]]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert source("~/mine.csv").open().labels.tolist() == [[1], [0]]
    (tmp_path / "mine.csv").rename(folder / "deep/mine.csv")
    assert source("deep/mine.csv").open().labels.tolist() == [[1], [0]]
    with pytest.raises(UserError, match=r"none\.csv: no such table\. Set `data\.table`"):
        source("none.csv")
