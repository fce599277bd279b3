"""The pickle of the original TL-GAN: what is read, lost and refused."""

from __future__ import annotations

import pickle
import pickletools

import numpy as np
import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError
from tlgan.formats.columns import KINDS_NOT_STATED
from tlgan.formats.import_export import export_axes, import_axes


def test_original_pickle_axes_are_columns(tmp_path):
    directions = unit_rows(np.random.default_rng(0).normal(size=(2, 5)))
    original = {"direction": directions.T, "name": ["Male", "Young"]}
    (tmp_path / "feature_direction.pkl").write_bytes(pickle.dumps(original, 3))
    axes, notes = import_axes([tmp_path / "feature_direction.pkl"])
    np.testing.assert_array_equal(axes.directions, directions)
    assert (axes.names, axes.latent_space, axes.latent_dim) == (("Male", "Young"), "sphere", 5)
    assert np.isnan(axes.slopes).all()
    assert notes == [f"feature_direction.pkl: {KINDS_NOT_STATED}"]


def test_original_pickle_round_trip_is_exact_and_says_what_it_loses(axes, tmp_path):
    (lost,) = export_axes(axes, tmp_path / "x.pkl")
    for what in ("slopes", "intercepts", "units", "angular errors", "raw directions", "generator", "method"):
        assert what in lost
    back, _ = import_axes([tmp_path / "x.pkl"])
    np.testing.assert_array_equal(back.directions, axes.directions)
    assert back.names == axes.names
    bare = axes_from_directions(["a"], [[3.0, 4.0]], latent_space="sphere")
    assert export_axes(bare, tmp_path / "bare.pkl") == []


def test_original_pickle_is_read_by_the_ordinary_unpickler_and_names_only_old_numpy(axes, tmp_path):
    export_axes(axes, tmp_path / "x.pkl")
    data = (tmp_path / "x.pkl").read_bytes()
    named = {argument for opcode, argument, _ in pickletools.genops(data) if opcode.name == "GLOBAL"}
    assert named == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype", "_codecs encode"}
    content = pickle.loads(data)
    assert content["direction"].shape == (12, 3)
    assert content["direction"].flags.c_contiguous
    np.testing.assert_array_equal(content["direction"].T, axes.directions)
    assert content["name"] == list(axes.names)


@pytest.mark.parametrize(
    "names", ["Smiling", ("Smiling",), np.array(["Smiling"]), np.array(["Smiling"], object)]
)
def test_original_pickle_takes_names_of_every_kind(tmp_path, names):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"direction": np.eye(3, 1), "name": names}))
    assert import_axes([tmp_path / "x.pkl"])[0].names == ("Smiling",)


def test_original_pickle_says_that_it_loses_lengths(tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"direction": np.diag([2.0, 7.0]), "name": ["a", "b"]}))
    axes, notes = import_axes([tmp_path / "x.pkl"])
    np.testing.assert_array_equal(axes.directions, np.eye(2))
    assert "their lengths (2 to 7) are lost" in notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"direction": np.eye(2), "name": ["a", "b", "c"]}, "one column per name"),
        ({"direction": np.ones((2, 5)), "name": ["a", "b"]}, "its axes are columns"),
        ({"direction": np.ones(2), "name": ["a", "b"]}, "shape"),
        ({"direction": np.eye(2, dtype=int), "name": ["a", "b"]}, "float array"),
        ({"direction": [[1.0]], "name": ["a"]}, "float array"),
        ({"direction": np.zeros((2, 1)), "name": ["a"]}, "only zeros"),
        ({"direction": np.full((2, 1), np.nan), "name": ["a"]}, "not finite"),
        ({"direction": np.eye(1), "name": [1]}, "list of texts"),
        ({"direction": np.eye(1), "name": 1}, "list of texts"),
        ({"direction": np.eye(1), "name": None}, "list of texts"),
        ({"direction": np.eye(1)}, "'direction' and 'name'"),
        ([1, 2], "'direction' and 'name'. It has list"),
        (
            {"lat_comp": np.eye(1), "mean": 0.5},
            "'direction' and 'name'. It has lat_comp, mean. Axes of another",
        ),
    ],
)
def test_original_pickle_refuses(tmp_path, content, message):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=message) as caught:
        import_axes([path])
    assert str(caught.value).startswith(str(path))
