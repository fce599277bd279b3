"""InterFaceGAN boundaries: shapes, file names, W+, what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tlgan.formats.npy_bytes import Marks, npy
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError
from tlgan.formats.import_export import export_axes, import_axes
from tlgan.formats.interfacegan import KIND_NOT_STATED


@pytest.mark.parametrize("shape", [(1, 6), (6,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_interfacegan_shapes_and_types(tmp_path, shape, dtype):
    direction = unit_rows([np.arange(1.0, 7.0)]).astype(dtype)
    np.save(tmp_path / "pggan_celebahq_smile_boundary.npy", direction.reshape(shape))
    axes, notes = import_axes([tmp_path / "pggan_celebahq_smile_boundary.npy"])
    assert (axes.names, axes.generator, axes.latent_space) == (("smile",), "pggan_celebahq", "sphere")
    np.testing.assert_allclose(axes.directions, unit_rows([np.arange(1.0, 7.0)]), rtol=1e-6)
    assert axes.kinds == ("binary",)
    assert notes == [f"pggan_celebahq_smile_boundary.npy: {KIND_NOT_STATED}"]


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
        ("pggan_celebahq_age/boundary.npy", "age", "pggan_celebahq", "sphere"),
        ("stylegan_ffhq_age_w/boundary.npy", "age", "stylegan_ffhq", "normal"),
        ("stylegan2_ffhq_age_boundary/boundary.npy", "age", "stylegan2_ffhq", "sphere"),
        ("Double_Chin/boundary.npy", "Double_Chin", "", "sphere"),
        ("boundary_age/Direction.npy", "age", "", "sphere"),
        ("Zoe\u0308/boundary.npy", "Zo\u00eb", "", "sphere"),
        ("Zoe\u0308_boundary.npy", "Zo\u00eb_boundary", "", "sphere"),
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
    assert (axes.latent_space, notes) == ("normal", [f"smile.npy: {KIND_NOT_STATED}"])


def test_interfacegan_several_files_and_a_folder(tmp_path):
    for row, name in enumerate(("age", "smile", "pose")):
        np.save(tmp_path / f"pggan_celebahq_{name}_boundary.npy", np.eye(3)[row : row + 1])
    files = [tmp_path / f"pggan_celebahq_{name}_boundary.npy" for name in ("smile", "age")]
    axes, _ = import_axes(files)
    assert axes.names == ("smile", "age")
    np.testing.assert_array_equal(axes.directions, np.eye(3)[[1, 0]])
    assert import_axes([tmp_path])[0].names == ("age", "pose", "smile")


def test_interfacegan_round_trip_is_exact_in_directions(axes, tmp_path):
    plain = dataclasses.replace(
        axes, names=["a", "b_c", "d"], generator="celeba64", latent_space="sphere", method="none", base=[]
    )
    (lost,) = export_axes(plain, tmp_path / "out")
    assert "slopes" in lost
    assert np.load(tmp_path / "out" / "celeba64_b_c_boundary.npy").shape == (1, 12)
    back, _ = import_axes([tmp_path / "out"])
    np.testing.assert_array_equal(back.directions, plain.directions)
    assert (back.names, back.generator) == (plain.names, plain.generator)


def test_axes_off_a_base_are_named_as_interfacegan_names_them(tmp_path):
    rows = [[1.0, 1, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    axes = axes_from_directions(
        ["age", "gender", "glasses", "pose"], rows, latent_space="sphere", generator="toy"
    )
    projected = orthogonalize_axes(axes, ["gender", "glasses"])
    export_axes(projected, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "toy_age_c_gender_glasses_boundary.npy",
        "toy_gender_boundary.npy",  # the base, and what was orthogonal to it before, stay as they are
        "toy_glasses_boundary.npy",
        "toy_pose_boundary.npy",
    ]
    np.testing.assert_allclose(np.load(tmp_path / "out" / names[0]), [[0, 0, 0.5**0.5, 0.5**0.5]], atol=1e-12)
    lowdin = orthogonalize_axes(axes, [], method="lowdin")
    assert "file names do not say that these are orthogonalised axes, by lowdin" in export_axes(
        lowdin, tmp_path / "l"
    )


def test_boundaries_of_interfacegans_own_training_are_named_by_their_folders(tmp_path):
    """`train_boundary.py -o pggan_celebahq_age` writes pggan_celebahq_age/boundary.npy."""
    files = []
    for row, name in enumerate(("age", "smile")):
        (tmp_path / f"pggan_celebahq_{name}").mkdir()
        files.append(tmp_path / f"pggan_celebahq_{name}/boundary.npy")
        np.save(files[-1], np.eye(2, 4)[row : row + 1])
    for sources in (files, [tmp_path]):
        axes, notes = import_axes(sources)
        assert (axes.names, axes.generator) == (("age", "smile"), "pggan_celebahq")
        np.testing.assert_array_equal(axes.directions, np.eye(2, 4))
        assert notes == [f"pggan_celebahq_age/boundary.npy and 1 more: {KIND_NOT_STATED}"]


def test_two_files_of_one_axis_are_refused_with_both(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "smile.npy", np.eye(1, 4))
    with pytest.raises(UserError) as error:
        import_axes([tmp_path / "a/smile.npy", tmp_path / "b/smile.npy"])
    message = str(error.value)
    assert message.startswith(
        f"{tmp_path / 'b/smile.npy'}: must have axes of other names than {tmp_path / 'a/smile.npy'}"
    )


def test_interfacegan_generator_with_underscores_comes_back_changed_and_says_so(axes, tmp_path):
    plain = dataclasses.replace(axes, names=["a", "b", "c"], generator="my_gan", method="none", base=[])
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
