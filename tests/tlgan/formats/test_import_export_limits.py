"""Files of axes that declare more than they hold: refused before memory is taken; no fault is a traceback.

Each file is a few kilobytes; where one was read after all, these tests would take gigabytes or minutes.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile

import h5py
import numpy as np
import pytest

from tests.tlgan.formats.npy_bytes import npy
from tlgan.errors import UserError
from tlgan.formats.axis_file import write_axes
from tlgan.formats.import_export import export_axes, import_axes

ZEROS = bytes(2**26)


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(descr: str, shape: tuple[int, ...]) -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}"


def write_npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ({"names": saved(np.array(["a"]))} | members).items():
            archive.writestr(f"{name}.npy", data)


def write_tensors(path, metadata, size=None, **tensors):
    head = json.dumps({"__metadata__": metadata} | tensors).encode()
    path.write_bytes(struct.pack("<Q", len(head) if size is None else size) + head + struct.pack("<d", 1))


NPZ = {
    # Each of these bytes would become a float64.
    "bytes": {"directions": npy(header("|i1", (1, 2**26)), ZEROS)},
    "two matrices": {
        "directions": npy(header("<f8", (1, 2**20)), ZEROS[: 2**23]),
        "raw_directions": npy(header("<f8", (1, 2**20)), ZEROS[: 2**23]),
    },
    "no size": {"names": npy(header("<U0", (2**40,))), "directions": saved(np.eye(1, 3))},
    "long names": {"names": npy(header("<U100000000", (1,))), "directions": saved(np.eye(1, 3))},
    "negative": {"directions": npy(header("<f8", (-1, -(2**40))))},
}


@pytest.mark.parametrize("members", NPZ.values(), ids=NPZ)
def test_npz_that_unfold_to_gigabytes_are_refused(tmp_path, members):
    write_npz(tmp_path / "x.npz", **members)
    assert (tmp_path / "x.npz").stat().st_size < 100_000
    with pytest.raises(UserError, match=r"values|plain numbers"):
        import_axes([tmp_path / "x.npz"])


TENSORS = {
    "deep names": {"metadata": {"names": "[" * 100_000}},
    "long header": {"metadata": {"names": '["a"]'}, "size": 2**63},
    "no such data": {"metadata": {"names": '["a"]'}, "shape": [1, 10**12]},
}


@pytest.mark.parametrize("case", TENSORS.values(), ids=TENSORS)
def test_safetensors_that_declare_what_they_do_not_hold_are_refused(tmp_path, case):
    pytest.importorskip("safetensors")
    tensor = {"dtype": "F64", "shape": case.get("shape", [1, 1]), "data_offsets": [0, 8]}
    write_tensors(tmp_path / "x.safetensors", case["metadata"], case.get("size"), directions=tensor)
    with pytest.raises(UserError, match=r"x\.safetensors: "):
        import_axes([tmp_path / "x.safetensors"])


TEXTS = {
    "json": '{"axes": ' * 100_000,
    "csv": "name,direction_0,base\na,1," + "[" * 100_000 + "\n",
    "digits.json": '{"axes":[{"name":"a","direction":[1,0],"n_samples":' + "9" * 5_000 + "}]}",
    "samples.json": '{"axes":[{"name":"a","direction":[1,0],"n_samples":' + "9" * 4_000 + "}]}",
    "digits.csv": "name,direction_0,n_samples\na,1," + "9" * 5_000 + "\n",
    "version.json": '{"format_version":1e999,"axes":[{"name":"a","direction":[1,0]}]}',
    "generator.json": '{"generator":{"a":1},"axes":[{"name":"a","direction":[1,0]}]}',
    "many.json": json.dumps({"axes": [{"name": f"a{number}", "direction": [1]} for number in range(5_000)]}),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_are_refused_in_a_sentence(tmp_path, text, request):
    path = tmp_path / f"x.{request.node.callspec.id.rpartition('.')[2]}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"x\.\w+: ") as caught:
        import_axes([path])
    assert len(str(caught.value)) < 600


def test_a_column_there_twice_is_found_at_once(tmp_path):
    columns = [f"c{number}" for number in range(300_000)]
    (tmp_path / "x.csv").write_text(",".join([*columns, columns[-1]]) + "\n")
    with pytest.raises(UserError, match="'c299999' is there twice"):
        import_axes([tmp_path / "x.csv"])


def unfold(file, name, shape, chunks, dtype="<f8"):
    del file[name]
    space = {"shape": shape, "maxshape": (None,) * len(shape), "dtype": dtype}
    file.create_dataset(name, **space, chunks=chunks, compression="gzip")


def unfold_matrices(file):
    file.attrs["latent_dim"] = 2**22
    for name in ("directions", "raw_directions"):
        unfold(file, name, (3, 2**22), (1, 2**20))


HDF5 = {
    "matrices": unfold_matrices,
    "one chunk": lambda file: unfold(file, "directions", (3, 12), (50_000, 1_000)),
    "texts": lambda file: unfold(file, "names", (3,), (2**20,), "S800"),
}


@pytest.fixture
def foreign(tmp_path, axes):
    """An axis file as another program writes it, without a checksum."""
    write_axes(axes, tmp_path / "own.axes.h5")
    path = tmp_path / "x.axes.h5"
    with h5py.File(tmp_path / "own.axes.h5") as own, h5py.File(path, "w") as file:
        file.attrs.update(own.attrs)
        for name in own:
            own.copy(name, file)
    return path


@pytest.mark.parametrize("change", HDF5.values(), ids=HDF5)
def test_axis_files_that_unfold_to_gigabytes_are_refused(foreign, change):
    with h5py.File(foreign, "r+") as file:
        change(file)
    assert foreign.stat().st_size < 100_000
    with pytest.raises(UserError, match=r"values in a file|smaller chunks|shape"):
        import_axes([foreign])


def test_compressed_axis_files_of_real_numbers_are_read(foreign, axes):
    with h5py.File(foreign, "r+") as file:
        values = file["directions"][()]
        del file["directions"]
        file.create_dataset("directions", data=values, compression="gzip", shuffle=True)
    assert import_axes([foreign]).axes.names == axes.names


def test_json_is_written_piece_by_piece(tmp_path, axes):
    export_axes(axes, tmp_path / "x.json")
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "format": "tlgan.axes"')
    assert text.endswith("}\n")
    assert json.loads(text)["axes"][0]["name"] == "Smiling"
