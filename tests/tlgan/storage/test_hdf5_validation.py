"""Damaged heaps are found before HDF5 loops over them; files may hold their own numbers, nothing else."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.hdf5_validation import check_heaps, check_own_numbers, check_unfolded_size, heaps_are_sound


@pytest.fixture
def content(tmp_path):
    """A file with texts of many lengths, several heaps of them, one of them removed again."""
    path = tmp_path / "sound.h5"
    with h5py.File(path, "w") as file:
        for number in range(200):
            file.attrs[f"text {number}"] = "é" * number
        del file.attrs["text 7"]
        file["texts"] = ["one", "", "three"]
        file["numbers"] = np.arange(1000.0)
    return bytearray(path.read_bytes())


def holds(content, path):
    path.write_bytes(content)
    with h5py.File(path, "r") as file:
        return heaps_are_sound(file)


def test_sound_heaps_pass(content, tmp_path):
    assert content.count(b"GCOL") > 2
    assert holds(content, tmp_path / "a.h5")


def test_a_file_without_texts_passes(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["numbers"] = np.arange(5.0)
    assert holds((tmp_path / "a.h5").read_bytes(), tmp_path / "b.h5")


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8, 255), (10, 255), (14, 255), (24, 255), (25, 255), (31, 255)],
    ids=["heap smaller", "heap larger", "heap huge", "object", "object larger", "object huge"],
)
def test_wrong_object_sizes_are_found(content, tmp_path, offset, value):
    content[content.index(b"GCOL") + offset] = value
    assert not holds(content, tmp_path / "a.h5")


def test_an_object_of_no_size_is_found(content, tmp_path):
    start = content.index(b"GCOL") + 16
    content[start : start + 16] = bytes(16)
    assert not holds(content, tmp_path / "a.h5")


def soft_link(file):
    file["link"] = h5py.SoftLink("/numbers")


def external_link(file):
    file["deep/link"] = h5py.ExternalLink("/etc/secret.h5", "/")


def compressed(file):
    file.create_dataset("zeros", data=np.zeros(10**6), compression="gzip")


def structured(file):
    file.create_dataset("rows", data=np.zeros(2, [("a", "f4")]))


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened.create_dataset("numbers", data=np.arange(5.0))
        opened.create_dataset("group/scalar", data=1)
        opened.create_dataset("empty", shape=(0, 3), dtype="f4")
        yield opened


def test_numbers_in_groups_pass_and_loops_end(file):
    file["group/again"] = file["/"]  # a hard link back to the root
    file.flush()
    check_own_numbers(file, "Save it again.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (soft_link, "`link` must hold its own numbers. Got a reference. Save it again."),
        (external_link, "`deep/link` must hold its own numbers"),
        (compressed, "`zeros` must hold its own numbers, uncompressed"),
        (structured, "`rows` must hold numbers"),
        (lambda file: file.create_dataset("text", data="abc"), "`text` must hold numbers"),
    ],
)
def test_check_own_numbers_refuses_other_content(file, change, message):
    change(file)
    file.flush()
    with pytest.raises(UserError, match=message):
        check_own_numbers(file, "Save it again.")


def test_a_file_that_hdf5_never_finishes_is_a_one_line_error(tmp_path):
    path = tmp_path / "endless.weights.h5"
    with h5py.File(path, "w") as file:
        file.attrs["name"] = "dense"
    content = bytearray(path.read_bytes())
    content[content.index(b"GCOL") + 24] = 0  # length of the attribute's text
    path.write_bytes(content)
    for source in (path, io.BytesIO(content)):
        with h5py.File(source, "r") as file, pytest.raises(UserError, match=r"is damaged .* Save it again\."):
            check_own_numbers(file, "Save it again.")


def test_arrays_that_lie_in_one_place_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        numbers = file.create_dataset("a", data=np.zeros(5_000))
        for name in "bcd":
            file[name] = numbers
        file.flush()
        with pytest.raises(UserError, match="Its arrays overlap"):
            check_own_numbers(file, "Save it again.")


def test_groups_without_end_are_refused(file):
    file.create_group("/".join("a" * 100))
    file.flush()
    with pytest.raises(UserError, match="groups at most 16 deep"):
        check_own_numbers(file, "Save it again.")


def test_heaps_that_overlap_by_the_thousand_are_refused_at_once(content, tmp_path):
    objects = 20_000
    heap = b"GCOL\1\0\0\0" + (16 * (objects + 1)).to_bytes(8, "little")
    one = (1).to_bytes(8, "little") + bytes(8)  # an object without content
    # Every tenth object is again the start of a heap, whose objects fill the rest.
    data = b"".join(heap if number % 10 == 0 else one for number in range(objects))
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened.create_dataset("bytes", data=np.frombuffer(data + one * objects, np.uint8))
        opened.flush()
        assert not heaps_are_sound(opened)


def test_unfolded_sizes_are_bounded(file):
    file.create_dataset("zeros", shape=(2**19,), dtype="f8", chunks=(2**19,), compression="gzip")
    file.create_dataset("more", shape=(2**20,), dtype="f8", chunks=(2**10,), compression="gzip")
    file.create_dataset("chunk", (1,), "f8", maxshape=(None,), chunks=(2**21,), compression="gzip")
    file.flush()
    check_unfolded_size(file, [file["numbers"], file["zeros"]])
    with pytest.raises(UserError, match="values in a file of"):
        check_unfolded_size(file, [file["zeros"], file["more"]])
    with pytest.raises(UserError, match="'/chunk' must have smaller chunks"):
        check_unfolded_size(file, [file["chunk"]])


@pytest.mark.parametrize("many", ["links", "attributes"])
def test_names_in_fractal_heaps_are_refused(tmp_path, many):
    """HDF5 crashes on a wrong byte in one."""
    path = tmp_path / "latest.h5"
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(40):
            if many == "links":
                file[f"number {number}"] = number
            else:
                file.attrs[f"number {number}"] = number
    with (
        h5py.File(path) as file,
        pytest.raises(UserError, match=r'not of `libver="latest"`; or it is damaged. Mend it'),
    ):
        check_heaps(file, "Mend it.")


def test_usual_files_have_no_fractal_heaps(content, tmp_path):
    (tmp_path / "a.h5").write_bytes(content)
    with h5py.File(tmp_path / "a.h5") as file:
        check_heaps(file, "")


@pytest.mark.parametrize("place", ["", "numbers", "group"])
def test_texts_that_declare_gigabytes_are_found(tmp_path, place):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = np.arange(5.0)
        file.create_group("group")
        (file[place] if place else file).attrs["text"] = "x" * 77
    content = path.read_bytes()
    reference = content.index((77).to_bytes(4, "little") + content.index(b"GCOL").to_bytes(8, "little"))
    assert holds(content, path)
    assert not holds(content[:reference] + b"\xff" * 4 + content[reference + 4 :], path)
