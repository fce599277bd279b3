"""Every format both ways: what is exact, what is lost and said, what is refused."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tlgan.axes.axes import Axes
from tlgan.errors import UserError
from tlgan.formats.import_export import FORMATS, export_axes, format_of, import_axes

EXACT = ["x.axes.h5", "x.npz", "x.json", "x.csv", "x.safetensors"]


@pytest.fixture(autouse=True)
def _needs_safetensors(request):
    if "safetensors" in request.node.name:
        pytest.importorskip("safetensors")


def same(left: Axes, right: Axes) -> bool:
    def equal(a: object, b: object) -> bool:
        if isinstance(a, np.ndarray):
            return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
        return a == b

    return all(equal(getattr(left, f.name), getattr(right, f.name)) for f in dataclasses.fields(Axes))


@pytest.mark.parametrize("name", EXACT)
def test_self_describing_formats_keep_every_bit(axes, tmp_path, name):
    assert export_axes(axes, tmp_path / name) == []
    back, notes = import_axes([tmp_path / name])
    assert notes == []
    assert same(back, axes)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("first", EXACT)
@pytest.mark.parametrize("second", EXACT)
def test_conversion_through_another_format_is_exact(axes, tmp_path, first, second):
    export_axes(axes, tmp_path / first)
    export_axes(import_axes([tmp_path / first])[0], tmp_path / f"again-{second}")
    assert same(import_axes([tmp_path / f"again-{second}"])[0], axes)


@pytest.mark.parametrize("name", EXACT[:4])
def test_the_same_axes_give_the_same_bytes(axes, tmp_path, name):
    export_axes(axes, tmp_path / name)
    export_axes(axes, tmp_path / f"again-{name}")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_the_format_may_be_named(axes, tmp_path):
    export_axes(axes, tmp_path / "axes.data", "json")
    assert same(import_axes([tmp_path / "axes.data"], "json")[0], axes)
    with pytest.raises(UserError, match=r"no format has the end '\.data'"):
        import_axes([tmp_path / "axes.data"])
    for call in (lambda: import_axes([tmp_path], "yaml"), lambda: export_axes(axes, tmp_path, "yaml")):
        with pytest.raises(UserError, match=r"must be one of tlgan, .* Got 'yaml'"):
            call()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.axes.h5", "tlgan"),
        ("a.HDF5", "tlgan"),
        ("smile.npy", "interfacegan"),
        ("folder", "interfacegan"),
        ("a.pkl", "tlgan-pickle"),
        ("a.safetensors", "safetensors"),
    ],
)
def test_format_of(name, form):
    assert format_of(name) == form


# Files with no more than names and directions


def write_minimal(path: Path, names: list[str], directions: np.ndarray) -> None:
    rows = directions.tolist()
    if path.suffix == ".npz":
        np.savez_compressed(path, names=np.array(names), directions=directions, unrelated=np.zeros(3))
    elif path.suffix == ".json":
        entries = [{"name": n, "direction": d} for n, d in zip(names, rows, strict=True)]
        path.write_text(json.dumps({"axes": entries, "unrelated": 1}))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["note", "name", *(f"direction_{d}" for d in range(directions.shape[1]))])
            writer.writerows([["x", n, *d] for n, d in zip(names, rows, strict=True)])
    else:
        from safetensors.numpy import save_file

        save_file({"directions": directions}, path, metadata={"names": json.dumps(names)})


@pytest.mark.parametrize("name", ["x.npz", "x.json", "x.csv", "x.safetensors"])
def test_minimal_foreign_files_are_read_and_the_unknown_stays_unknown(tmp_path, name):
    write_minimal(tmp_path / name, ["a", "b"], np.array([[3.0, 4.0], [0.0, 2.0]]))
    axes, notes = import_axes([tmp_path / name], latent_space="normal")
    np.testing.assert_array_equal(axes.directions, [[0.6, 0.8], [0.0, 1.0]])
    np.testing.assert_array_equal(axes.raw_directions, axes.directions)
    assert np.isnan(axes.slopes).all()
    assert len(notes) == 2
    assert "lengths (2 to 5) are lost" in notes[0]
    assert "kinds not stated: taken as 'continuous'" in notes[1]
    assert "'sphere'" in import_axes([tmp_path / name])[1][0]


@pytest.mark.parametrize("name", EXACT)
def test_a_stated_space_is_not_overruled(axes, tmp_path, name):
    export_axes(axes, tmp_path / name)
    with pytest.raises(UserError, match="says that its latent space is 'normal', you say 'sphere'"):
        import_axes([tmp_path / name], latent_space="sphere")


@pytest.mark.parametrize("name", ["x.npz", "x.json", "x.csv", "x.safetensors"])
def test_reordered_or_missing_columns_are_refused_with_the_path(tmp_path, name):
    write_minimal(tmp_path / name, ["a", "a"], np.eye(2))
    with pytest.raises(UserError, match="'a' is there twice") as caught:
        import_axes([tmp_path / name])
    assert str(caught.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("name", [*EXACT, "x.npy", "x.pkl"])
@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"{", b"PK\x03\x04", b"\xff\xfe\x00", b"[" * 100_000])
def test_rubbish_is_a_user_error_of_one_line_with_the_path(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        import_axes([path])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["x.json", "x.csv", "x.safetensors", "x.pkl"])
def test_oversized_files_are_not_opened(axes, tmp_path, name):
    export_axes(axes, tmp_path / name)
    os.truncate(tmp_path / name, 2**33)  # sparse: takes no room
    with pytest.raises(UserError, match="must have at most"):
        import_axes([tmp_path / name])


@pytest.mark.parametrize("name", [*EXACT, "x.npy", "x.pkl"])
def test_missing_files_and_folders(axes, tmp_path, name):
    with pytest.raises(UserError, match="no such file"):
        import_axes([tmp_path / name])
    with pytest.raises(UserError, match="cannot be written"):
        export_axes(axes.select(["Smiling"]), tmp_path / "missing" / name)
    with pytest.raises(UserError, match=r"no \.npy file"):
        import_axes([tmp_path])


def test_every_format_has_a_suffix_of_its_own():
    suffixes = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(suffixes) == len(set(suffixes))
