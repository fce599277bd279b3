"""Every format both ways: what is exact, what is lost and said, what is refused."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import pickle
import pickletools
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.merge import merge_axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError
from tlgan.formats.import_export import FORMATS, export_axes, format_of, import_axes

EXACT = ["x.axes.h5", "x.npz", "x.json", "x.csv", "x.safetensors"]


@pytest.fixture(autouse=True)
def _needs_safetensors(request):
    if "safetensors" in request.node.name:
        pytest.importorskip("safetensors")


@pytest.fixture
def axes() -> Axes:
    rng = np.random.default_rng(8)
    return Axes(
        names=["Smiling", "Âge, années", '"5_o_Clock" Shadow'],
        directions=unit_rows(rng.normal(size=(3, 12))),
        raw_directions=unit_rows(rng.normal(size=(3, 12))),
        slopes=[0.1 + 0.2, 5e-324, np.nan],
        intercepts=[-1.5, np.nan, 1.7976931348623157e308],
        units=["logit", "years", ""],
        kinds=["binary", "continuous", "categorical"],
        angular_errors=[2.5, np.nan, 0.0],
        held_out=[0.9, -0.25, np.nan],
        n_samples=[2**53 + 1, 0, 17],
        latent_space="normal",
        generator="toy, 16",
        generator_sha256="ab" * 32,
        method="project",
        base=["Âge, années", "Male"],
    )


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


# The original TL-GAN pickle


def test_original_pickle_axes_are_columns(tmp_path):
    directions = unit_rows(np.random.default_rng(0).normal(size=(2, 5)))
    original = {"direction": directions.T, "name": ["Male", "Young"]}
    (tmp_path / "feature_direction.pkl").write_bytes(pickle.dumps(original, 3))
    axes, notes = import_axes([tmp_path / "feature_direction.pkl"])
    np.testing.assert_array_equal(axes.directions, directions)
    assert (axes.names, axes.latent_space, axes.latent_dim) == (("Male", "Young"), "sphere", 5)
    assert np.isnan(axes.slopes).all()
    assert notes == []


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
        ([1, 2], "'direction' and 'name'"),
    ],
)
def test_original_pickle_refuses(tmp_path, content, message):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=message) as caught:
        import_axes([path])
    assert str(caught.value).startswith(str(path))


# InterFaceGAN


@pytest.mark.parametrize("shape", [(1, 6), (6,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_interfacegan_shapes_and_types(tmp_path, shape, dtype):
    direction = unit_rows([np.arange(1.0, 7.0)]).astype(dtype)
    np.save(tmp_path / "pggan_celebahq_smile_boundary.npy", direction.reshape(shape))
    axes, notes = import_axes([tmp_path / "pggan_celebahq_smile_boundary.npy"])
    assert (axes.names, axes.generator, axes.latent_space) == (("smile",), "pggan_celebahq", "sphere")
    np.testing.assert_allclose(axes.directions, unit_rows([np.arange(1.0, 7.0)]), rtol=1e-6)
    assert notes == []


def test_interfacegan_w_plus_goes_both_ways(tmp_path):
    boundary = np.random.default_rng(0).normal(size=(18, 4))
    boundary /= np.linalg.norm(boundary)
    np.save(tmp_path / "age.npy", boundary)
    axes, notes = import_axes([tmp_path / "age.npy"])
    assert (axes.latent_dim, axes.latent_space, axes.names) == (72, "normal", ("age",))
    assert "18 layers of 4" in notes[0]
    export_axes(axes, tmp_path / "out", layers=18)
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "unknown_age_boundary.npy"), boundary)
    with pytest.raises(UserError, match="must divide the latent size"):
        export_axes(axes, tmp_path / "out", layers=7)


@pytest.mark.parametrize(
    ("name", "attribute", "generator", "space"),
    [
        ("pggan_celebahq_age_boundary.npy", "age", "pggan_celebahq", "sphere"),
        ("pggan_celebahq_age_c_gender_boundary.npy", "age_c_gender", "pggan_celebahq", "sphere"),
        ("stylegan_ffhq_pose_boundary.npy", "pose", "stylegan_ffhq", "sphere"),
        ("stylegan_ffhq_pose_w_boundary.npy", "pose", "stylegan_ffhq", "normal"),
        ("celeba64_5_o_Clock_Shadow_boundary.npy", "5_o_Clock_Shadow", "celeba64", "sphere"),
        ("celeba64_Wavy_w_boundary.npy", "Wavy_w", "celeba64", "sphere"),
        ("unknown_age_boundary.npy", "age", "", "sphere"),
        ("smile.npy", "smile", "", "sphere"),
        ("stylegan2_ffhq_w/boundary_Big_Lips.npy", "Big_Lips", "stylegan2_ffhq", "normal"),
        ("stylegan2_ffhq_z/boundary_Big_Lips.npy", "Big_Lips", "stylegan2_ffhq", "sphere"),
        ("boundaries/boundary_Young.npy", "Young", "", "sphere"),
    ],
)  # fmt: skip
def test_interfacegan_names(tmp_path, name, attribute, generator, space):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.eye(1, 4))
    axes, _ = import_axes([path])
    assert (axes.names, axes.generator, axes.latent_space) == ((attribute,), generator, space)


def test_interfacegan_says_when_it_assumes_the_space(tmp_path):
    np.save(tmp_path / "smile.npy", np.eye(1, 4))
    assert "taken as 'sphere'" in import_axes([tmp_path / "smile.npy"])[1][0]
    axes, notes = import_axes([tmp_path / "smile.npy"], latent_space="normal")
    assert (axes.latent_space, notes) == ("normal", [])


def test_interfacegan_several_files_and_a_folder(tmp_path):
    for row, name in enumerate(("age", "smile", "pose")):
        np.save(tmp_path / f"pggan_celebahq_{name}_boundary.npy", np.eye(3)[row : row + 1])
    files = [tmp_path / f"pggan_celebahq_{name}_boundary.npy" for name in ("smile", "age")]
    axes, _ = import_axes(files)
    assert axes.names == ("smile", "age")
    np.testing.assert_array_equal(axes.directions, np.eye(3)[[1, 0]])
    assert import_axes([tmp_path])[0].names == ("age", "pose", "smile")


def test_interfacegan_round_trip_is_exact_in_directions(axes, tmp_path):
    plain = dataclasses.replace(axes, names=["a", "b_c", "d"], generator="celeba64", latent_space="sphere")
    (lost,) = export_axes(plain, tmp_path / "out")
    assert "slopes" in lost
    assert np.load(tmp_path / "out" / "celeba64_b_c_boundary.npy").shape == (1, 12)
    back, _ = import_axes([tmp_path / "out"])
    np.testing.assert_array_equal(back.directions, plain.directions)
    assert (back.names, back.generator) == (plain.names, plain.generator)


def test_interfacegan_generator_with_underscores_comes_back_changed_and_says_so(axes, tmp_path):
    plain = dataclasses.replace(axes, names=["a", "b", "c"], generator="my_gan")
    assert any("'my-gan'" in note for note in export_axes(plain, tmp_path / "out"))
    assert import_axes([tmp_path / "out"])[0].generator == "my-gan"
    assert import_axes([tmp_path / "out"], generator="my_gan")[0].generator == "my_gan"


def test_interfacegan_one_file(axes, tmp_path):
    export_axes(axes.select(["Smiling"]), tmp_path / "smile.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "smile.npy"), axes.directions[:1])
    with pytest.raises(UserError, match=r"one \.npy holds one axis. Got 3"):
        export_axes(axes, tmp_path / "all.npy")


def test_interfacegan_folder_in_the_way_of_a_file(axes, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match="cannot be made a folder"):
        export_axes(axes.select(["Smiling"]), tmp_path / "out" / "below", "interfacegan")


@pytest.mark.parametrize("name", ["../../etc/x", "a\\b", ".hidden", "/root"])
def test_interfacegan_names_never_leave_the_folder(tmp_path, name):
    axes = axes_from_directions([name], np.eye(1, 4), latent_space="sphere")
    with pytest.raises(UserError, match="cannot be part of a file name"):
        export_axes(axes, tmp_path / "out")


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


class Marks:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return open, (str(self.path), "w")


def test_npy_of_objects_is_refused_unread(tmp_path):
    np.save(tmp_path / "x.npy", np.array([Marks(tmp_path / "mark")], object), allow_pickle=True)
    with pytest.raises(UserError, match="plain numbers"):
        import_axes([tmp_path / "x.npy"])
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"not an array",
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1099511627776)}"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 16)}", b"\0" * 8),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 0)}"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}", b"\0" * 16),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 2)}", b"\0" * 32),
        npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2)}", b"\1" * 16),
        npy("{'descr': '<c16', 'fortran_order': False, 'shape': (1, 2)}", b"\1" * 32),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 2)}", b"\1" * 16),
        npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 2)}", b"\1" * 16),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}", b"\0" * 16),
        npy("__import__('os').system('true')"),
        npy("(" * 9000),
        npy("{}", version=b"\x03\x00"),
    ],
)
def test_npy_refuses(tmp_path, data):
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(UserError) as caught:
        import_axes([tmp_path / "x.npy"])
    assert str(caught.value).startswith(str(tmp_path / "x.npy"))


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
    assert len(notes) == 1
    assert "lengths (2 to 5) are lost" in notes[0]
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), "must have format"),
        (lambda d: d.update(format_version=2), "reads up to 1. Upgrade"),
        (lambda d: d.update(format_version="x"), "format version"),
        (lambda d: d.update(axes=[]), "list `axes`"),
        (lambda d: d.update(axes={}), "list `axes`"),
        (lambda d: d["axes"].append(3), "list `axes`"),
        (lambda d: d["axes"][1].pop("slope"), "axis number 2 lacks 'slope'"),
        (lambda d: d["axes"][1].update(slope="x"), "could not convert"),
        (lambda d: d["axes"][1].update(slope=[1]), "JSON file"),
        (lambda d: d["axes"][1].update(name=3), "sequence of texts"),
        (lambda d: d["axes"][1].update(kind="x"), "one of binary"),
        (lambda d: d["axes"][1].update(n_samples=-1), "whole numbers"),
        (lambda d: d["axes"][1].update(n_samples=10**30), "whole numbers"),
        (lambda d: d["axes"][1].update(direction=[1.0]), "of one length"),
        (lambda d: d["axes"][1].update(direction=None), "of one length"),
        (lambda d: d["axes"][1].update(direction=[[1.0]] * 12), "JSON file"),
        (lambda d: d.update(base="Male"), "sequence of texts"),
        (lambda d: d.update(latent_space=3), "one of sphere, normal, uniform"),
        (lambda d: d.update(generator=None), "printable"),
    ],
)
def test_json_refuses(axes, tmp_path, change, message):
    export_axes(axes, tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text())
    change(document)
    (tmp_path / "x.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match=message):
        import_axes([tmp_path / "x.json"])


def test_json_has_no_nan(axes, tmp_path):
    export_axes(axes, tmp_path / "x.json")
    json.loads((tmp_path / "x.json").read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,direction_0\n", "Got no row"),
        ("name,name,direction_0\na,b,1\n", "'name' is there twice"),
        ("name,direction_0\na,1\nb\n", "row 3 must have as many cells"),
        ("name,direction_0,direction_2\na,1,1\n", "without gaps"),
        ("name,direction_0\na,x\n", "could not convert"),
        ("name,direction_0\na,\n", "could not convert"),
        ("direction_0\n1\n", "must have 'names'"),
        ("name\na\n", "must have 'directions'"),
        ("name,direction_0,method\na,1,none\nb,1,project\n", "the same in every row"),
        ("name,direction_0,n_samples\na,1,1.5\n", "CSV"),
        ('name,direction_0\n"a,1\n', "CSV"),
    ],
)
def test_csv_refuses(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        import_axes([tmp_path / "x.csv"])


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
    with pytest.raises(UserError, match=r"at most 268435456 bytes\. It declares 34359738368"):
        import_axes([tmp_path / "x.npz"])


def test_npz_members_share_one_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("tlgan.formats.npz_file.MAX_ARRAY_BYTES", 1000)
    rows = saved(np.eye(1, 120))
    npz_with(tmp_path / "x.npz", names=saved(np.array(["a"])), directions=rows)
    assert import_axes([tmp_path / "x.npz"])[0].latent_dim == 120
    npz_with(
        tmp_path / "x.npz", names=saved(np.array(["a"])), directions=rows, raw_directions=rows, slopes=rows
    )
    with pytest.raises(UserError, match=r"'slopes' must have at most 76 bytes"):
        import_axes([tmp_path / "x.npz"])


def test_npy_headers_of_gigabytes_are_not_read(tmp_path):
    # Version 2 announces its header's length in 32 bits; NumPy would read it whole before checking it.
    bomb = b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + b" " * 1000
    npz_with(tmp_path / "x.npz", names=bomb, directions=bomb)
    with pytest.raises(UserError, match=r"must be \.npy version 1"):
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


@pytest.mark.parametrize(
    "change",
    [
        {"names": "a"},
        {"names": '"a"'},
        {"names": "[1]"},
        {"names": "[" * 5000},
        {"format": "other"},
        {"format_version": "2"},
        {"kinds": '["x"]'},
        {"names": '["a", "b"]'},
    ],
)
def test_safetensors_refuses(tmp_path, change):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"directions": np.eye(1, 3)}, tmp_path / "x.safetensors", metadata={"names": '["a"]'} | change)
    with pytest.raises(UserError):
        import_axes([tmp_path / "x.safetensors"])


def test_safetensors_of_other_types_is_refused(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file(
        {"directions": np.eye(1, 3, dtype=np.uint8)}, tmp_path / "x.safetensors", metadata={"names": '["a"]'}
    )
    with pytest.raises(UserError, match="Got U8"):
        import_axes([tmp_path / "x.safetensors"])


def test_safetensors_absent_is_said(axes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(UserError, match=r"pip install tlgan\[safetensors\]"):
        export_axes(axes, tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"pip install tlgan\[safetensors\]"):
        import_axes([tmp_path / "x.safetensors"])


# Merging


def part(*names: str, **changes: object) -> Axes:
    rows = np.random.default_rng(len(names)).normal(size=(len(names), 6))
    return dataclasses.replace(
        axes_from_directions(names, rows, latent_space="sphere", generator="g"), **changes
    )


def test_merge_keeps_the_order_and_every_value():
    merged = merge_axes([part("a", "b"), part("c", slopes=np.array([2.0]), units=("years",))])
    assert merged.names == ("a", "b", "c")
    assert merged.units == ("", "", "years")
    np.testing.assert_array_equal(merged.slopes, [np.nan, np.nan, 2.0])
    np.testing.assert_array_equal(merged.directions[:2], part("a", "b").directions)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (part("a"), "'a' is there twice"),
        (part("b", generator="h"), "x has 'g', y has 'h'"),
        (part("b", latent_space="normal"), "x has 'sphere', y has 'normal'"),
        (part("b", method="project", base=("b",)), "must not be orthogonalised yet. y is, by 'project'"),
        (axes_from_directions(["b"], np.eye(1, 7), latent_space="sphere", generator="g"), "x has 6, y has 7"),
    ],
)
def test_merge_refuses(other, message):
    with pytest.raises(UserError, match=message):
        merge_axes([part("a"), other], ["x", "y"])


def test_merge_of_nothing_is_refused():
    with pytest.raises(UserError, match="Got none"):
        merge_axes([])


def test_every_format_has_a_suffix_of_its_own():
    suffixes = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(suffixes) == len(set(suffixes))
