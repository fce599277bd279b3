"""Records of arrays in pickles: what each admitted name gives, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.pickled_arrays import (
    ARRAY_NAMES,
    Admitted,
    ArrayRecord,
    DtypeRecord,
    EncodedBytes,
    ScalarRecord,
    content_bytes,
)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "|u1", "<i8", "<U12", "|S3"])
def test_dtype_record_finishes_as_the_dtype_that_was_pickled(dtype):
    wanted = np.dtype(dtype)
    _, arguments, state = wanted.__reduce__()
    record = DtypeRecord(arguments[0])
    record.__setstate__(state)
    assert record.finished() == wanted


@pytest.mark.parametrize("code", ["O8", "V8", "c16", "f", "", "f-8", "U1000000", "f8,f8", None])
def test_dtype_record_refuses_other_types(code):
    with pytest.raises(UserError, match="only plain numbers and texts are read"):
        DtypeRecord(code).finished()


@pytest.mark.parametrize("byteorder", ["x", "", "<<", None])
def test_dtype_record_refuses_other_byte_orders(byteorder):
    record = DtypeRecord("f8")
    record.__setstate__((3, byteorder, None, None, None))
    with pytest.raises(UserError, match="only plain numbers"):
        record.finished()


def test_dtype_record_refuses_structures():
    state = np.dtype([("a", "<f8")]).__reduce__()[2]
    with pytest.raises(UserError, match="array of structures"):
        DtypeRecord("V8").__setstate__(state)


def test_scalar_record_is_an_array_without_dimensions():
    dtype = DtypeRecord("f8")
    array = ScalarRecord(dtype, b"12345678").array
    assert (array.shape, array.dtype, array.data) == ((), dtype, b"12345678")


def test_admitted_names_give_records_and_never_numpys_own_objects():
    assert isinstance(Admitted("reconstruct")(object, (0,), b"b"), ArrayRecord)
    assert isinstance(Admitted("dtype")("f8", False, True), DtypeRecord)
    assert isinstance(Admitted("scalar")(DtypeRecord("f8"), b""), ScalarRecord)
    array = Admitted("frombuffer")(b"ab", DtypeRecord("u1"), (2,), "F")
    assert (array.data, array.shape, array.fortran_order) == (b"ab", (2,), True)
    assert Admitted("encode")("é", "latin1").text == "é"
    assert Admitted("empty bytes")() == b""


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("ndarray", ((2,),)),
        ("encode", ("a", "utf-8")),
        ("encode", ("a", "latin1", "x")),
        ("empty bytes", (5,)),
    ],
)
def test_admitted_names_refuse_other_calls(kind, arguments):
    with pytest.raises(UserError, match="calls what it may only name"):
        Admitted(kind)(*arguments)


def test_admitted_names_cannot_be_changed():
    with pytest.raises(UserError, match="may only name"):
        Admitted("dtype").kind = "encode"


def test_array_names_are_of_both_numpys():
    for core in ("numpy.core", "numpy._core"):
        assert ARRAY_NAMES[f"{core}.multiarray", "_reconstruct"] == "reconstruct"
        assert ARRAY_NAMES[f"{core}.numeric", "_frombuffer"] == "frombuffer"
    assert not any(module.startswith(("os", "builtins")) for module, _ in ARRAY_NAMES)


@pytest.mark.parametrize("data", [b"\xe9\x00", bytearray(b"\xe9\x00"), "é\0", EncodedBytes("é\0")])
def test_content_bytes_of_every_protocol(data):
    assert content_bytes(data) == b"\xe9\x00"


@pytest.mark.parametrize("data", [None, 5, [1, 2], EncodedBytes(None)])
def test_content_bytes_refuses(data):
    with pytest.raises(UserError, match="no block of bytes"):
        content_bytes(data)
