"""Axes as .npz: sizes are checked before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.tlgan.formats.npy_bytes import Marks, npy
from tlgan.errors import UserError
from tlgan.formats.import_export import import_axes
from tlgan.formats.npz_file import write_npz


def npz_with(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def test_npz_that_unpack_to_more_than_the_limit_are_refused(tmp_path):
    huge = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 4294967296)}", b"\0" * 5_000_000)
    npz_with(tmp_path / "x.npz", names=saved(np.array(["a"])), directions=huge)
    assert (tmp_path / "x.npz").stat().st_size < 100_000
    with pytest.raises(UserError, match=r"at most 1048575 values\. It declares shape \(1, 4294967296\)"):
        import_axes([tmp_path / "x.npz"])


def test_npz_members_share_one_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("tlgan.formats.npz_file.most_values", lambda file_bytes: 250)
    rows = saved(np.eye(1, 120))
    npz_with(tmp_path / "x.npz", names=saved(np.array(["a"])), directions=rows)
    assert import_axes([tmp_path / "x.npz"])[0].latent_dim == 120
    npz_with(
        tmp_path / "x.npz", names=saved(np.array(["a"])), directions=rows, raw_directions=rows, slopes=rows
    )
    with pytest.raises(UserError, match=r"'slopes' must have at most 9 values"):
        import_axes([tmp_path / "x.npz"])


def test_npz_members_that_are_no_field_are_not_opened(tmp_path):
    members = {"names": saved(np.array(["a"])), "directions": saved(np.eye(1, 3))}
    npz_with(tmp_path / "x.npz", **members, bomb=saved(np.array([Marks(tmp_path / "mark")], object)))
    assert import_axes([tmp_path / "x.npz"])[0].names == ("a",)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("field", ["names", "directions", "slopes", "method"])
def test_npz_of_objects_is_refused_unread(tmp_path, field):
    members = {"names": saved(np.array(["a"])), "directions": saved(np.eye(1, 3))}
    members[field] = saved(np.array([Marks(tmp_path / "mark")], object))
    npz_with(tmp_path / "x.npz", **members)
    with pytest.raises(UserError, match="plain numbers or texts"):
        import_axes([tmp_path / "x.npz"])
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "members",
    [
        {"names": np.array(["a"]), "directions": np.array(["x"])},
        {"names": np.array("a"), "directions": np.eye(1, 3)},
        {"names": np.array([["a"]]), "directions": np.eye(1, 3)},
        {"names": np.array([1]), "directions": np.eye(1, 3)},
        {"names": np.array(["a"]), "directions": np.eye(1, 3), "method": np.array(["none"])},
        {"names": np.array(["a"]), "directions": np.eye(1, 3), "format": np.array("other")},
        {"names": np.array(["a"]), "directions": np.eye(1, 3), "format_version": np.array(2)},
        {"names": np.array(["a"]), "directions": np.eye(1, 3), "slopes": np.ones((1, 1))},
        {"names": np.array(["a"])},
    ],
)
def test_npz_refuses(tmp_path, members):
    np.savez(tmp_path / "x.npz", **members)
    with pytest.raises(UserError):
        import_axes([tmp_path / "x.npz"])


def test_npy_headers_of_gigabytes_are_not_read(tmp_path):
    # Version 2 announces its header's length in 32 bits; NumPy would read it whole before checking it.
    bomb = b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + b" " * 1000
    npz_with(tmp_path / "x.npz", names=bomb, directions=bomb)
    with pytest.raises(UserError, match=r"must be \.npy version 1"):
        import_axes([tmp_path / "x.npz"])


def test_components_of_ganspace_are_told_with_what_is_missing(tmp_path):
    shapes = {"act_comp": (80, 1, 512), "act_mean": (1, 512), "act_stdev": (80,), "lat_comp": (80, 1, 512)}
    shapes |= {"lat_mean": (1, 512), "lat_stdev": (80,), "var_ratio": (80,), "random_stdevs": (80,)}
    np.savez(tmp_path / "x.npz", **{name: np.ones(shape, "f4") for name, shape in shapes.items()})
    with pytest.raises(UserError) as error:
        import_axes([tmp_path / "x.npz"])
    message = str(error.value)
    assert message.startswith(
        f"{tmp_path / 'x.npz'}: must have `names` and `directions`. It has act_comp, act_mean"
    )
    for name in shapes:
        assert name in message
    # What the message says to do.
    with np.load(tmp_path / "x.npz") as content:
        np.savez(tmp_path / "y.npz", names=["c0", "c1"], directions=content["lat_comp"][[0, 1], 0])
    assert import_axes([tmp_path / "y.npz"])[0].names == ("c0", "c1")


def test_npz_is_read_by_numpy_without_pickle(axes, tmp_path):
    assert write_npz(axes, tmp_path / "x.npz") == []
    with np.load(tmp_path / "x.npz", allow_pickle=False) as content:
        assert content["names"].tolist() == list(axes.names)
        np.testing.assert_array_equal(content["directions"], axes.directions)
        np.testing.assert_array_equal(content["n_samples"], axes.n_samples)
        assert content["method"] == "project"
