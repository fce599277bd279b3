"""The axis file: exact round trips, and a reader that checks everything."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.tlgan.storage.changed_hdf5 import changing_hdf5, refresh_checksum
from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.axes.axes import Axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError
from tlgan.formats.axis_file import check_generator, read_axes, write_axes


@pytest.fixture
def axes() -> Axes:
    rng = np.random.default_rng(4)
    return Axes(
        names=["Smiling", "Âge", "5_o_Clock_Shadow"],
        directions=unit_rows(rng.normal(size=(3, 16))),
        raw_directions=unit_rows(rng.normal(size=(3, 16))),
        slopes=[0.123456789012345678, 1e-300, np.nan],
        intercepts=[-1.5, np.nan, 3e200],
        units=["logit", "years", ""],
        kinds=["binary", "continuous", "categorical"],
        angular_errors=[2.5, np.nan, 0.0],
        held_out=[0.9, -0.25, np.nan],
        n_samples=[20_000, 0, 17],
        latent_space="sphere",
        generator="toy 16",
        generator_sha256="ab" * 32,
        method="project",
        base=["Âge", "Male"],
        held_out_low=[0.85, -0.5, np.nan],
        held_out_high=[0.95, 0.0, np.nan],
        positives=[4000, np.nan, np.nan],
    )


def assert_same(left: Axes, right: Axes) -> None:
    for field in dataclasses.fields(Axes):
        np.testing.assert_array_equal(
            getattr(left, field.name), getattr(right, field.name), err_msg=field.name, strict=True
        )


@pytest.fixture
def path(axes, tmp_path) -> Path:
    write_axes(axes, tmp_path / "toy.axes.h5")
    return tmp_path / "toy.axes.h5"


def test_round_trip_is_exact_in_every_field(axes, path):
    assert_same(read_axes(path), axes)


def test_same_axes_give_the_same_bytes(axes, path, tmp_path):
    write_axes(axes, tmp_path / "again.axes.h5")
    assert (tmp_path / "again.axes.h5").read_bytes() == path.read_bytes()


def test_a_file_made_by_hand_as_documented_is_read(tmp_path):
    with h5py.File(tmp_path / "hand.h5", "w") as file:
        file.attrs.update(
            format="tlgan.axes", format_version=1, latent_dim=2, latent_space="normal", generator="g",
            generator_sha256="", method="none", base="[]", fingerprint="further attributes are ignored",
        )  # fmt: skip
        for name in ("names", "units", "kinds"):
            file[name] = np.array([{"names": b"a", "units": b"years", "kinds": b"continuous"}[name]])
        file["directions"] = file["raw_directions"] = np.array([[0.6, 0.8]])
        for name in ("slopes", "intercepts", "angular_errors", "held_out"):
            file[name] = np.array([0.5])
        file["n_samples"] = np.array([7])
        file["something_else"] = np.arange(3)
    axes = read_axes(tmp_path / "hand.h5")
    assert (axes.names, axes.units, axes.kinds) == (("a",), ("years",), ("continuous",))
    assert axes.directions.tolist() == [[0.6, 0.8]]
    assert (axes.slopes[0], axes.n_samples[0], axes.latent_space) == (0.5, 7, "normal")


def test_extra_attributes_are_stored_and_may_not_replace_the_formats_own(axes, tmp_path):
    write_axes(axes, tmp_path / "a.h5", attributes={"fingerprint": "f" * 64})
    with h5py.File(tmp_path / "a.h5") as file:
        assert file.attrs["fingerprint"] == "f" * 64
    with pytest.raises(UserError, match="format's own 'method'"):
        write_axes(axes, tmp_path / "b.h5", attributes={"method": "x"})
    assert not (tmp_path / "b.h5").exists()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(axes, path, monkeypatch):
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises(UserError, match="no space left"):
        write_axes(axes, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_writing_into_a_missing_folder_is_a_user_error(axes, tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        write_axes(axes, tmp_path / "missing" / "a.h5")


def test_written_file_has_ordinary_permissions(path):
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def refused(path: Path, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read_axes(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def replace(file: h5py.File, name: str, data: object, **options: object) -> None:
    del file[name]
    file.create_dataset(name, data=data, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.attrs.update(format="tlgan.samples"), "Got format 'tlgan.samples'"),
        (lambda f: f.attrs.__delitem__("format"), "no `format` attribute"),
        (lambda f: f.attrs.update(format=3), "must be a text"),
        (lambda f: f.attrs.update(format=["tlgan.axes"] * 2), "one value"),
        (lambda f: f.attrs.update(format_version=2), "version 2; this tlgan .* reads up to 1. Upgrade"),
        (lambda f: f.attrs.update(format_version=0), "version 0"),
        (lambda f: f.attrs.update(format_version="1"), "whole number"),
        (lambda f: f.attrs.__delitem__("format_version"), "lacks the attribute 'format_version'"),
        (lambda f: f.attrs.update(latent_dim=17), r"must have shape \(3, 17\) of float64. Got \(3, 16\)"),
        (lambda f: f.attrs.update(latent_dim=0), "1 to"),
        (lambda f: f.attrs.update(latent_dim=-16), "1 to"),
        (lambda f: f.attrs.update(latent_dim=2**40), "1 to"),
        (lambda f: f.attrs.update(latent_space="ball"), "one of sphere, normal, uniform"),
        (lambda f: f.attrs.update(generator=np.bytes_("toy"), base="Male"), "JSON list"),
        (lambda f: f.attrs.update(base="[1]"), "JSON list"),
        (lambda f: f.attrs.update(base="[" * 100_000), "JSON list"),
        (lambda f: f.__delitem__("slopes"), "lacks the dataset 'slopes'"),
        (lambda f: (f.__delitem__("slopes"), f.create_group("slopes")), "Got a group"),
        (lambda f: replace(f, "slopes", np.ones((3, 1))), r"shape \(3,\) of float64. Got \(3, 1\)"),
        (lambda f: replace(f, "slopes", np.ones(3, np.float32)), "of float64. Got .* of float32"),
        (lambda f: replace(f, "slopes", np.ones(3, int)), "of float64"),
        (lambda f: replace(f, "n_samples", np.ones(3)), "of int64"),
        (lambda f: replace(f, "names", 1.0), "1 to"),
        (lambda f: replace(f, "names", ["a", "b", "c"]), "fixed-length UTF-8"),
        (lambda f: replace(f, "names", np.array([b"a", b"b"])), "Got"),
        (lambda f: replace(f, "names", np.array([b"a", b"b", b"a"])), "'a' is there twice"),
        (
            lambda f: replace(f, "names", np.array([b"a", b"b", b"\xff\xfe"])),
            "not an axis file that can be read",
        ),
        (lambda f: replace(f, "names", np.array([b"a", b"b", b"c" * 5000])), "at most 800 bytes"),
        (lambda f: replace(f, "directions", np.zeros((3, 16))), "rows of length 1"),
        (lambda f: replace(f, "directions", np.ones((16, 3))), "Got"),
        (lambda f: replace(f, "kinds", np.array([b"binary", b"odd", b"binary"])), "'odd'"),
    ],
)
def test_reader_refuses(path, change, message):
    with changing_hdf5(path) as file:
        change(file)
    refused(path, message)


def test_reader_refuses_huge_declared_shapes_before_reading(path):
    # A late-allocated dataset of 2^50 bytes costs nothing in the file.
    with changing_hdf5(path) as file:
        replace(file, "directions", None, shape=(3, 2**45), dtype="<f8", chunks=(3, 1024))
        file.attrs["latent_dim"] = 2**45
    assert path.stat().st_size < 100_000
    refused(path, "at most")


def test_reader_refuses_many_declared_names(path):
    with changing_hdf5(path) as file:
        replace(file, "names", None, shape=(2**40,), dtype="S800", chunks=(1024,))
    refused(path, "at most")


@pytest.mark.parametrize("name", ["directions", "names", "n_samples", "unused"])
@pytest.mark.parametrize("kind", ["external", "soft"])
def test_reader_refuses_links(axes, path, tmp_path, name, kind):
    write_axes(axes, tmp_path / "other.h5")
    link = h5py.ExternalLink(str(tmp_path / "other.h5"), "/directions")
    with changing_hdf5(path) as file:
        if name in file:
            del file[name]
        file[name] = link if kind == "external" else h5py.SoftLink("/raw_directions")
    refused(path, r"is a link to another place|of the usual format")


def test_reader_refuses_external_storage(path, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(unit_rows(np.random.default_rng(0).normal(size=(3, 16))).tobytes())
    with changing_hdf5(path) as file:
        replace(file, "directions", None, shape=(3, 16), dtype="<f8", external=[(str(secret), 0, 384)])
    with h5py.File(path) as file:
        assert np.linalg.norm(file["directions"][0]) == pytest.approx(1.0)
    refused(path, "points to another file")


def test_reader_refuses_virtual_datasets(axes, path, tmp_path):
    write_axes(axes, tmp_path / "other.h5")
    layout = h5py.VirtualLayout((3, 16), "<f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "directions", (3, 16))
    with changing_hdf5(path) as file:
        del file["directions"]
        file.create_virtual_dataset("directions", layout)
    refused(path, "points to another file")


def test_reader_refuses_what_is_not_hdf5(path, tmp_path):
    text = tmp_path / "text.h5"
    text.write_text("names,slope\n")
    refused(text, "tlgan convert")
    refused(tmp_path / "nothing.h5", "no such file")
    refused(tmp_path, "no such file")
    for size in (0, 7, 100, 800, 2000):
        cut = tmp_path / f"cut{size}.h5"
        cut.write_bytes(path.read_bytes()[:size])
        refused(cut, "not an axis file that can be read|is damaged")


def test_every_wrong_byte_is_caught(axes, path):
    positions = range(2048, path.stat().st_size, 23)
    fields = [field.name for field in dataclasses.fields(axes)]
    read = lambda: [repr(getattr(read_axes(path), field)) for field in fields]  # noqa: E731
    assert count_caught(path, read, positions) == len(positions)
    assert count_caught(path, read, range(0, 80)) > 50  # of the checksum; spaces in it may change


def test_files_of_earlier_versions_survive_wrong_bytes(axes, path, tmp_path):
    target = tmp_path / "damaged.h5"
    with h5py.File(path) as file, h5py.File(target, "w") as old:  # without a checksum
        old.attrs.update(file.attrs)
        for name in file:
            file.copy(name, old)
    assert_same(read_axes(target), axes)
    whole = target.read_bytes()
    refusals = []
    for position in np.random.default_rng(0).integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        target.write_bytes(damaged)
        try:
            read_axes(target)
        except UserError as error:
            refusals.append(str(error))
    assert refusals
    assert all(message.startswith(str(target)) for message in refusals)


SAME = {"latent_dim": 16, "latent_space": "sphere", "generator_sha256": "ab" * 32}


def test_reader_refuses_what_hdf5_would_never_finish(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"GCOL") + 25] = 1  # length of the first text
    path.write_bytes(content)
    refresh_checksum(path)
    with pytest.raises(UserError, match=r"toy.axes.h5: is damaged where its texts lie"):
        read_axes(path)


def test_reader_refuses_a_huge_file(path):
    with path.open("r+b") as file:
        file.truncate(2**30 + 1)  # takes no room on the disk
    with pytest.raises(UserError, match="at most 1073741824 bytes"):
        read_axes(path)


def test_check_generator_accepts_its_own_and_an_unknown_hash(axes):
    assert check_generator(axes, **SAME) == ()
    assert check_generator(axes, **SAME | {"generator_sha256": ""}) == ()
    assert check_generator(dataclasses.replace(axes, generator_sha256=""), **SAME) == ()


@pytest.mark.parametrize(
    ("field", "value", "both"),
    [
        ("latent_dim", 512, ["16", "512"]),
        ("latent_space", "normal", ["sphere", "normal"]),
        ("generator_sha256", "cd" * 32, ["ab" * 32, "cd" * 32]),
    ],
)
def test_check_generator_refuses_with_both_values_unless_forced(axes, field, value, both):
    with pytest.raises(UserError) as caught:
        check_generator(axes, **SAME | {field: value}, path="x.axes.h5")
    assert str(caught.value).startswith("x.axes.h5: ")
    for text in both:
        assert text in str(caught.value)
    (difference,) = check_generator(axes, **SAME | {field: value}, force=True)
    for text in both:
        assert text in difference
