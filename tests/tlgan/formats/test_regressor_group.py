"""The regressor's group of an axis file: exact round trips, and a reader that checks everything."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.tlgan.formats.regressor_example import assert_same_regressor, make_regressor
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tlgan.errors import UserError
from tlgan.formats.axis_file import check_generator, read_axes, write_axes
from tlgan.formats.regressor_group import GROUP, MAX_WEIGHTS, read_regressor, write_regressor


@pytest.fixture
def path(axes, tmp_path) -> Path:
    write_axes(dataclasses.replace(axes, regressor=make_regressor()), tmp_path / "toy.axes.h5")
    return tmp_path / "toy.axes.h5"


def test_a_regressor_comes_back_exactly_and_predicts_the_same(path):
    regressor = read_axes(path).regressor
    assert_same_regressor(regressor, make_regressor())
    latents = np.random.default_rng(0).standard_normal((3, 12))
    np.testing.assert_array_equal(regressor(latents)[:, 0], make_regressor()(latents)[:, 0])


def test_the_same_regressor_gives_the_same_bytes(axes, path, tmp_path):
    write_axes(dataclasses.replace(axes, regressor=make_regressor()), tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_a_file_without_the_group_has_no_regressor(axes, tmp_path):
    write_axes(axes, tmp_path / "plain.h5")
    assert read_axes(tmp_path / "plain.h5").regressor is None


def test_a_regressor_may_stand_in_a_file_without_axes(tmp_path):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        write_regressor(make_regressor(), file)
        assert_same_regressor(read_regressor(file), make_regressor())
        with pytest.raises(UserError, match=r"\(n_members, 11, n\). Got \(2, 12, 5\)"):
            read_regressor(file, 11)


def test_the_generator_at_hand_is_compared_with_the_regressors_where_axes_do_not_know_theirs(axes):
    axes = dataclasses.replace(axes, generator_sha256="", regressor=make_regressor())
    same = {"latent_dim": 12, "latent_space": "normal"}
    check_generator(axes, **same, generator_sha256="ab" * 32)
    with pytest.raises(UserError, match=r"the axes are for abab.*, the generator has cdcd"):
        check_generator(axes, **same, generator_sha256="cd" * 32)


def test_reader_refuses_chunks_that_unfold_to_gigabytes(path):
    with changing_hdf5(path) as file:
        group = file[GROUP]
        del group["biases_0"]
        space = {"shape": (2, 5), "maxshape": (None, None), "chunks": (50_000, 1_000), "dtype": "<f4"}
        group.create_dataset("biases_0", **space, compression="gzip")
    refused(path, "biases_0' must have smaller chunks")


def refused(path: Path, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read_axes(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def replace(group: h5py.Group, name: str, data: object, **options: object) -> None:
    del group[name]
    group.create_dataset(name, data=data, **options)


def values(group: h5py.Group, name: str, change: object) -> None:
    """Set the first entry of a dataset."""
    group[name][(0,) * group[name].ndim] = change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.attrs.update(version=2), "regressor of version 2; this tlgan reads version 1. Upgrade"),
        (lambda g: g.attrs.update(version="1"), "'version' must be a whole number"),
        (lambda g: g.attrs.__delitem__("version"), "lacks the attribute 'version'"),
        (lambda g: g.attrs.update(activation="relu"), "activation must be 'gelu'. Got 'relu'"),
        (lambda g: g.attrs.update(n_layers=0), "1 to 16 layers. Got 0"),
        (lambda g: g.attrs.update(n_layers=17), "1 to 16 layers. Got 17"),
        (lambda g: g.attrs.update(n_layers=3), "lacks the dataset 'weights_2'"),
        (lambda g: g.attrs.update(n_layers=1), r"each name and component \(4\). Got 5"),
        (lambda g: g.attrs.update(groups="Smiling"), "JSON list of lists of names"),
        (lambda g: g.attrs.update(groups='["Smiling"]'), "JSON list of lists of names"),
        (lambda g: g.attrs.update(groups="[[1]]"), "JSON list of lists of names"),
        (lambda g: g.attrs.update(groups="[" * 30_000), "JSON list of lists of names"),
        (lambda g: g.attrs.update(groups='[["a", "a"]]'), "'a' is there twice"),
        (lambda g: g.attrs.update(generator_sha256="no hash"), "64 lower-case hexadecimal"),
        (lambda g: g.attrs.update(generator_sha256="cd" * 32), "must be of the axes' generator"),
        (lambda g: g.__delitem__("scales"), "lacks the dataset 'scales'"),
        (lambda g: g.__delitem__("weights_0"), "lacks the dataset 'weights_0'"),
        (lambda g: (g.__delitem__("scales"), g.create_group("scales")), "Got a group"),
        (lambda g: replace(g, "scales", np.ones(4)), r"shape \(3,\) of float64. Got \(4,\)"),
        (lambda g: replace(g, "scales", np.ones(3, "f4")), "of float64. Got .* of float32"),
        (lambda g: values(g, "scales", 0.0), "`regressor.scales` must be above 0.*'Smiling' has 0"),
        (lambda g: values(g, "scales", np.nan), "must be above 0 and finite"),
        (lambda g: values(g, "offsets", np.inf), "`regressor.offsets` must be finite"),
        (lambda g: values(g, "lowest", 5.0), "must not be above `regressor.highest`"),
        (lambda g: values(g, "weights_0", np.nan), "`regressor.weights` must be finite"),
        (lambda g: values(g, "biases_1", np.inf), "`regressor.biases` must be finite"),
        (
            lambda g: replace(g, "weights_0", np.ones((2, 11, 5), "f4")),
            r"\(n_members, 12, n\). Got \(2, 11, 5\)",
        ),
        (lambda g: replace(g, "weights_0", np.ones((12, 5), "f4")), r"layer 0 .*Got \(12, 5\)"),
        (lambda g: replace(g, "weights_1", np.ones((1, 5, 4), "f4")), r"layer 1 .*Got \(1, 5, 4\)"),
        (lambda g: replace(g, "weights_1", np.ones((2, 6, 4), "f4")), r"layer 1 .*\(n_members, 5, n\)"),
        (lambda g: replace(g, "weights_1", np.ones((2, 5, 3), "f4")), r"name and component \(4\). Got 3"),
        (lambda g: replace(g, "weights_1", np.ones((2, 5, 0), "f4")), r"Got \(2, 5, 0\)"),
        (lambda g: replace(g, "weights_1", np.ones((2, 5, 4))), "of float32. Got .* of float64"),
        (lambda g: replace(g, "biases_1", np.ones((2, 5), "f4")), r"shape \(2, 4\) of float32"),
        (lambda g: replace(g, "component_held_out", np.ones((1, 1))), "name and component"),
        (lambda g: replace(g, "component_held_out", np.ones(2)), r"name and component \(5\). Got 4"),
        (lambda g: replace(g, "names", np.array([b"a", b"b", b"a"])), "'a' is there twice"),
        (lambda g: replace(g, "names", np.array([b"a", b"b"])), r"name and component \(3\). Got 4"),
        (lambda g: replace(g, "names", ["a", "b", "c"]), "fixed-length UTF-8"),
        (lambda g: replace(g, "names", np.array([b"a", b"b", b"c" * 900])), "at most 800 bytes"),
        (lambda g: replace(g, "names", 1.0), "name and component"),
    ],
)
def test_reader_refuses(path, change, message):
    with changing_hdf5(path) as file:
        change(file[GROUP])
    refused(path, message)


def test_reader_refuses_too_many_weights_before_reading_them(path):
    # Late-allocated datasets cost nothing in the file.
    wide = MAX_WEIGHTS // 4
    with changing_hdf5(path) as file:
        group = file[GROUP]
        replace(group, "weights_0", None, shape=(2, 12, wide), dtype="<f4", chunks=(1, 1, 1024))
        replace(group, "weights_1", None, shape=(2, wide, 4), dtype="<f4", chunks=(1, 1024, 4))
    assert path.stat().st_size < 100_000
    refused(path, f"at most {MAX_WEIGHTS} weights")


@pytest.mark.parametrize("name", ["weights_0", "names", "unused"])
@pytest.mark.parametrize("kind", ["external", "soft"])
def test_reader_refuses_links_in_the_group(path, tmp_path, name, kind):
    (tmp_path / "other.h5").write_bytes(path.read_bytes())
    with changing_hdf5(path) as file:
        group = file[GROUP]
        if name in group:
            del group[name]
        other = h5py.ExternalLink(str(tmp_path / "other.h5"), f"/{GROUP}/weights_0")
        group[name] = other if kind == "external" else h5py.SoftLink("biases_0")
    refused(path, r"is a link to another place|of the usual format")


@pytest.mark.parametrize("kind", ["external", "soft", "dataset"])
def test_reader_refuses_a_group_that_is_none(axes, path, tmp_path, kind):
    (tmp_path / "other.h5").write_bytes(path.read_bytes())
    write_axes(axes, path)
    with changing_hdf5(path) as file:
        if kind == "dataset":
            file[GROUP] = np.ones(3)
        else:
            link = h5py.ExternalLink(str(tmp_path / "other.h5"), f"/{GROUP}")
            file[GROUP] = link if kind == "external" else h5py.SoftLink("/")
    refused(path, "link to another place|must be a group of this file|of the usual format")


def test_reader_refuses_storage_outside_the_file(path, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones((2, 12, 5), "<f4").tobytes())
    with changing_hdf5(path) as file:
        replace(
            file[GROUP], "weights_0", None, shape=(2, 12, 5), dtype="<f4", external=[(str(secret), 0, 480)]
        )
    refused(path, "points to another file")


def test_reader_survives_flipped_bytes(path, tmp_path):
    whole, target = path.read_bytes(), tmp_path / "damaged.h5"
    refusals = []
    for position in np.random.default_rng(1).integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        target.write_bytes(damaged)
        try:
            read_axes(target)
        except UserError as error:
            refusals.append(str(error))
    assert refusals
    assert all(message.startswith(str(target)) for message in refusals)
