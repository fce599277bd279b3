"""PyTorch files read without PyTorch: both formats, and nothing larger than the file."""

from __future__ import annotations

import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from models.importers.pggan.torch_checkpoint import Config, read_torch_file
from tests.models.conftest import write_torch
from tlgan.errors import UserError


def content():
    random = np.random.default_rng(0)
    return {
        "config": {"alpha": 0, "names": ["a"]},
        "netG": {"weight": random.standard_normal((3, 4)).astype("f4"), "count": np.int64(7)},
        "half": random.standard_normal(5).astype("f2"),
        "double": random.standard_normal((2, 1, 2)),
        "number": 1.5,
    }


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_numbers_and_configurations_come_back(tmp_path, legacy):
    read = read_torch_file(write_torch(tmp_path / "a.pth", content(), legacy))
    wanted = content()
    assert read["config"] == wanted["config"]
    assert isinstance(read["config"], Config)
    assert read["number"] == 1.5
    for left, right in (
        (read["netG"]["weight"], wanted["netG"]["weight"]),
        (read["netG"]["count"], wanted["netG"]["count"]),
        (read["half"], wanted["half"]),
        (read["double"], wanted["double"]),
    ):
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype


@pytest.mark.parametrize("new_format", [False, True])
def test_files_that_pytorch_wrote_are_read(tmp_path, new_format):
    torch = pytest.importorskip("torch")
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    saved = {"whole": base, "part": base[1:3, ::2], "turned": base.T, "scalar": torch.tensor(2.0)}
    saved["parameter"] = torch.nn.Parameter(base + 1)
    layer = torch.nn.Linear(3, 2)
    torch.save(
        {"t": saved, "layer": layer.state_dict()},
        tmp_path / "a.pth",
        _use_new_zipfile_serialization=new_format,
    )
    read = read_torch_file(tmp_path / "a.pth")
    for name, tensor in saved.items():
        np.testing.assert_array_equal(read["t"][name], tensor.detach().numpy())
    np.testing.assert_array_equal(read["layer"]["weight"], layer.weight.detach().numpy())


def shrink_storage(members):
    members["data/0"] = members["data/0"][:-4]


def without(name):
    return lambda members: members.pop(name)


def set_member(name, value):
    return lambda members: members.update({name: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("data/0"), "lacks data/0"),
        (shrink_storage, "storage 0 must have 48 bytes. Got 44"),
        (without("data.pkl"), "must be a|must hold one data.pkl"),
        (set_member("byteorder", b"big"), "must be little-endian"),
        (set_member("data.pkl", b"garbage"), "is not a pickle"),
        (lambda members: members.update({"data.pkl": members["data.pkl"][:-30]}), "is not a pickle"),
        (set_member("data.pkl", pickle.dumps(os.system)), "names 'posix.system'"),
    ],
)
def test_damaged_zips_are_refused(tmp_path, change, message):
    path = write_torch(tmp_path / "a.pth", content(), change=change)
    with pytest.raises(UserError, match=message) as error:
        read_torch_file(path)
    assert str(error.value).startswith(str(path))


def rewrite(path, compression=zipfile.ZIP_DEFLATED, **replaced):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, part in members.items():
            archive.writestr(name, replaced.get(name.partition("/")[2].replace("/", "_"), part))


def test_compressed_storage_is_refused_before_it_unfolds(tmp_path):
    path = write_torch(tmp_path / "bomb.pth", content())
    rewrite(path, data_0=bytes(10**7))
    assert path.stat().st_size < 10**5
    with pytest.raises(UserError, match=r"must be stored as it is. It is compressed"):
        read_torch_file(path)


@pytest.mark.parametrize("cut", [1, 10, 60, 300])
@pytest.mark.parametrize("legacy", [False, True])
def test_cut_files_are_refused(tmp_path, cut, legacy):
    path = write_torch(tmp_path / "a.pth", content(), legacy)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UserError):
        read_torch_file(path)


def tensor_pickle(size=4, offset=0, shape=(2, 2), strides=(2, 1), key="0", kind="FloatStorage"):
    """A pickle of one tensor, written by hand."""
    out = io.BytesIO()
    out.write(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(")
    out.write(b"(X\x07\x00\x00\x00storagectorch\n" + kind.encode() + b"\n")
    for text in (key, "cpu"):
        out.write(b"X" + len(text).to_bytes(4, "little") + text.encode())
    out.write(pickle.dumps(size, 2)[2:-1] + b"tQ")
    for part in (offset, shape, strides, False, {}):
        out.write(pickle.dumps(part, 1)[:-1])
    out.write(b"tR.")
    return out.getvalue()


def write_tensor(path, **said):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", tensor_pickle(**said))
        archive.writestr("a/data/0", np.arange(4, dtype="f4").tobytes())
    return path


def test_tensor_written_by_hand_is_read(tmp_path):
    np.testing.assert_array_equal(read_torch_file(write_tensor(tmp_path / "a.pth")), [[0, 1], [2, 3]])
    turned = read_torch_file(write_tensor(tmp_path / "b.pth", strides=(1, 2)))
    np.testing.assert_array_equal(turned, [[0, 2], [1, 3]])


@pytest.mark.parametrize(
    "said",
    [
        {"shape": (3, 2)},
        {"offset": 1},
        {"offset": -1},
        {"strides": (-2, 1)},
        {"strides": (2**40, 1)},
        {"strides": (1,)},
        {"shape": (2**30, 2**30), "strides": (0, 0)},
        {"shape": (0, 2)},
        {"shape": (2.0, 2)},
        {"size": 2**40, "shape": (2**20, 2**20), "strides": (2**20, 1)},
        {"size": -4},
        {"key": "../../../etc/passwd"},
        {"kind": "Tensor"},
    ],
    ids=str,
)
def test_tensors_that_reach_beyond_their_storage_are_refused(tmp_path, said):
    with pytest.raises(UserError):
        read_torch_file(write_tensor(tmp_path / "a.pth", **said))


class Calls:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("place", ["beside", "in the configuration", "as a tensor"])
def test_pickles_that_run_code_are_refused_and_not_run(tmp_path, legacy, place):
    mark = tmp_path / "mark"
    bomb = Calls(os.system, f"touch {mark}")
    damaged = content()
    (damaged["config"] if place == "in the configuration" else damaged)["bomb"] = bomb
    path = write_torch(tmp_path / "a.pth", damaged, legacy)
    with pytest.raises(UserError, match=r"names 'posix.system'"):
        read_torch_file(path)
    assert not mark.exists()


def test_pickle_cannot_change_a_class_that_it_names(tmp_path):
    # BUILD on an admitted class: give torch.FloatStorage another dtype.
    data = b"\x80\x02ctorch\nFloatStorage\n(N}X\x05\x00\x00\x00dtypeK\x01stb."
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", data)
    with pytest.raises(UserError):
        read_torch_file(tmp_path / "a.pth")
    assert read_torch_file(write_tensor(tmp_path / "b.pth")).dtype == np.float32


@pytest.mark.parametrize("text", [b"", b"PK\x03\x04 no zip", b"\x80\x02}.", b"hello"])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "a.pth").write_bytes(text)
    with pytest.raises(UserError):
        read_torch_file(tmp_path / "a.pth")


def test_tensors_that_share_a_storage_a_thousand_times_are_refused(tmp_path):
    """Each would be copied when its numbers are converted."""

    def write(count):
        tensor = tensor_pickle(size=1000, shape=(1000,), strides=(1,))[2:-1]
        with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
            archive.writestr("a/data.pkl", b"\x80\x02(" + tensor * count + b"l.")
            archive.writestr("a/data/0", np.arange(1000, dtype="f4").tobytes())
        return tmp_path / "a.pth"

    assert len(read_torch_file(write(3))) == 3
    with pytest.raises(UserError, match="more tensors than numbers for them"):
        read_torch_file(write(500))


@pytest.mark.parametrize(
    "declared", [b"X\xff\xff\xff\xff", b"B\xff\xff\xff\x7f", b"\x8e" + b"\xff" * 7 + b"\x0f"]
)
def test_pickles_that_declare_gigabytes_take_no_memory(tmp_path, declared):
    path = tmp_path / "a.pth"
    path.write_bytes(b"\x80\x02" + declared + b"abc.")
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="is not a PyTorch file"):
            read_torch_file(path)
        assert tracemalloc.get_traced_memory()[1] < 10**8
    finally:
        tracemalloc.stop()
