"""The restricted unpickler: reads arrays of every age, runs nothing, takes no more than the file warrants."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.safe_pickle import MAX_OPCODES, Record, load_plain_pickle


def same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        return isinstance(right, np.ndarray) and left.dtype == right.dtype and np.array_equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


PLAIN = [
    {"direction": np.arange(6.0).reshape(3, 2), "name": ["a", "b"]},
    np.asfortranarray(np.arange(6.0).reshape(3, 2)),
    np.arange(6, dtype=">f4"),
    np.array(["Male", "Âge"]),
    np.array([b"x", b"yz"]),
    np.empty((0, 3)),
    np.array(1.5),
    [1, 2.5, None, True, "text", b"bytes", (1, (2,)), {"a": {}}],
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", PLAIN, ids=range(len(PLAIN)))
def test_plain_values_of_every_protocol(value, protocol):
    assert same(load_plain_pickle(pickle.dumps(value, protocol)), value)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3])
def test_both_names_of_numpys_core(protocol):
    new = pickle.dumps({"direction": np.eye(3)}, protocol)
    old = new.replace(b"numpy._core", b"numpy.core")
    assert old != new
    assert same(load_plain_pickle(old), load_plain_pickle(new))


@pytest.mark.parametrize("protocol", range(6))
def test_scalars_and_object_arrays_of_texts_become_plain(protocol):
    data = pickle.dumps([np.float64(2.5), np.int64(3), np.str_("Male")], protocol)
    assert load_plain_pickle(data) == [2.5, 3, "Male"]
    assert load_plain_pickle(pickle.dumps(np.array(["Male", "Young"], object), protocol)) == ["Male", "Young"]


class Calls:
    """Pickles as a call, as an attacker would write it."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def bombs(mark: str) -> dict[str, object]:
    write = f"open({mark!r}, 'w').close()"
    return {
        "os.system": Calls(os.system, f"touch {mark}"),
        "subprocess": Calls(subprocess.call, ["touch", mark]),
        "eval": Calls(eval, write),
        "exec": Calls(exec, write),
        "open": Calls(open, mark, "w"),
        "getattr": Calls(getattr, "", "join"),
        "nested in a dict": {"direction": np.eye(2), "name": ["a", Calls(os.system, f"touch {mark}")]},
        "nested as a key": {("a", Calls(os.system, f"touch {mark}")): 1},
        "in an object array": np.array([Calls(os.system, f"touch {mark}")], object),
        "as array state": Calls(np.frombuffer, Calls(os.system, f"touch {mark}")),
        "an ordinary class": OrderedDict(a=1),
        "numpy.load": Calls(np.load, mark),
        "numpy.memmap": Calls(np.memmap, mark, "u1", "w+", 0, (8,)),
    }


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("name", list(bombs("")))
def test_harmful_pickles_run_nothing(name, protocol, tmp_path):
    mark = tmp_path / "mark"
    bomb = bombs(str(mark))[name]
    data = pickle.dumps({"direction": np.eye(2), "name": ["a", "b"], "more": bomb}, protocol)
    with pytest.raises(UserError):
        load_plain_pickle(data)
    assert not mark.exists()


def test_harmful_pickles_run_code_in_python():
    # The table above would prove nothing if its entries did nothing in the ordinary unpickler.
    read, write = os.pipe()
    pickle.loads(pickle.dumps(Calls(os.write, write, b"ran")))
    assert os.read(read, 3) == b"ran"
    os.close(read)
    os.close(write)


HAND_WRITTEN = {
    "INST": b"(S'touch /tmp/x'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "GLOBAL and REDUCE": b"cos\nsystem\n(S'true'\ntR.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0adtype.type\x93.",
    "dtype by an attribute of a loader": b"\x80\x04\x8c\x05numpy\x8c\x0d__loader__.os\x93.",
    "NEWOBJ of an admitted name": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "BUILD changes an admitted name": (
        b"\x80\x02cnumpy\ndtype\nN}X\x05\x00\x00\x00_kindX\x05\x00\x00\x00spam1s\x86b."
    ),
    "call inside a call": b"cnumpy\ndtype\n(cos\nsystem\n(S'touch /tmp/x'\ntRtR.",
    "call of a call": b"cbuiltins\ngetattr\n(cbuiltins\nstr\nS'join'\ntR(S'x'\ntR.",
    "call of ndarray": b"\x80\x02cnumpy\nndarray\nK\x08\x85R.",
    "persistent id": b"P1\n.",
    "extension": b"\x80\x02\x82\x01.",
    "stack underflow": b"R.",
    "no stop": b"\x80\x02]",
    "empty": b"",
    "text": b"names,direction\n",
    "out-of-band buffer": b"\x80\x05\x97.",
    "long memo index": b"\x80\x02]r\xff\xff\xff\x7f.",
    "text memo index": b"]p99999999999\n.",
    "set": b"\x80\x04\x8f.",
    "recursive list": b"]q\x00h\x00a.",
    "huge declared bytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00.",
    "huge declared frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
}


@pytest.mark.parametrize("name", list(HAND_WRITTEN))
def test_hand_written_pickles_are_refused(name):
    with pytest.raises(UserError):
        load_plain_pickle(HAND_WRITTEN[name])


def array_pickle(shape: tuple[int, ...], code: str, data: object, state: tuple[object, ...] = ()) -> bytes:
    """A pickle of one array with a forged shape, type or content."""
    state = state or (3, "<", None, None, None, -1, -1, 0)

    class Forger(pickle.Pickler):
        def reducer_override(self, value: object) -> object:
            if isinstance(value, np.ndarray):
                kind = Calls(np.dtype, code, False, True)
                rebuild = value.__reduce__()[0]
                return rebuild, (np.ndarray, (0,), b"b"), (1, shape, _WithState(kind, state), False, data)
            if isinstance(value, _WithState):
                return (*value.kind.call, value.state)
            return NotImplemented

    stream = io.BytesIO()
    Forger(stream, 2).dump(np.zeros(1))
    return stream.getvalue()


class _WithState:
    def __init__(self, kind: Calls, state: tuple[object, ...]) -> None:
        self.kind, self.state = kind, state


def test_helper_that_forges_arrays_makes_valid_ones():
    assert same(load_plain_pickle(array_pickle((2,), "f8", np.ones(2).tobytes())), np.ones(2))


@pytest.mark.parametrize(
    ("shape", "code", "data"),
    [
        ((2**40,), "f8", b""),
        ((2**40,), "f8", b"\0" * 16),
        ((2**62, 2**62), "f8", b"\0" * 16),
        ((-1,), "f8", b""),
        ((1.5,), "f8", b"\0" * 8),
        ([2], "f8", b"\0" * 16),
        ((2,), "f8", b"\0" * 17),
        ((2,), "O8", b"\0" * 16),  # objects from raw bytes: pointers of the attacker's choice
        ((2,), "O", b"\0" * 16),
        ((2,), "O8", [1, 2, 3]),
        ((2,), "V8", b"\0" * 16),
        ((2,), "M8", b"\0" * 16),
        ((2,), "f8, O", b"\0" * 32),
        ((2,), "f99999999", b"\0" * 16),
        ((2,), "f٨", b"\0" * 16),
        ((2,), "f8", None),
        ((2,), "f8", [0.0, 1.0]),
        ((2,), "f8", "\u20ac" * 16),
    ],
)
def test_forged_arrays_are_refused(shape, code, data):
    with pytest.raises(UserError):
        load_plain_pickle(array_pickle(shape, code, data))


@pytest.mark.parametrize(
    "state",
    [
        (3, "<", None, ("a",), {"a": (1, 0)}, 8, 1, 63),
        (3, "<", ("f8", (2,)), None, None, 8, 1, 0),
        (3, "?", None, None, None, -1, -1, 0),
        (3, 7, None, None, None, -1, -1, 0),
        (3,),
        ("x",) * 3,
    ],
)
def test_forged_types_are_refused(state):
    with pytest.raises(UserError):
        load_plain_pickle(array_pickle((2,), "f8", b"\0" * 16, state))


def test_lists_that_repeat_one_another_do_not_explode():
    value: list[object] = ["laugh"] * 50
    for _ in range(6):
        value = [value] * 50
    data = pickle.dumps(value)
    assert len(data) < 5000
    with pytest.raises(UserError, match="too often"):
        load_plain_pickle(data)


def test_one_block_of_bytes_may_not_serve_many_arrays():
    block = array_pickle((1000,), "f8", np.zeros(1000).tobytes())
    once = load_plain_pickle(block)
    assert once.shape == (1000,)
    many = pickle.loads(block)
    with pytest.raises(UserError, match="than the file holds"):
        load_plain_pickle(pickle.dumps([many] * 50, 2))


@pytest.mark.parametrize("nest", [b"\x85", b"]a"], ids=["tuples", "lists"])
def test_deep_nesting_is_refused_without_a_crash(nest):
    depth = MAX_OPCODES // 2 - 10
    nested = b"N" + b"\x85" * depth if nest == b"\x85" else b"]" * depth + b"a" * (depth - 1)
    for data in (b"\x80\x02" + nested + b".", b"\x80\x02}" + nested + b"Ns."):
        with pytest.raises(UserError):
            load_plain_pickle(data)


def test_too_many_instructions_are_refused():
    with pytest.raises(UserError, match="pickle instructions"):
        load_plain_pickle(pickle.dumps(list(range(2 * MAX_OPCODES))))


def test_cut_or_flipped_bytes_are_refused_or_plain():
    data = pickle.dumps({"direction": np.eye(2), "name": ["a", "b"]}, 2)
    rng = np.random.default_rng(0)
    damaged = [data[:size] for size in range(len(data))]
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= int(rng.integers(1, 256))
        damaged.append(bytes(flipped))
    read = 0
    for case in damaged:
        try:
            load_plain_pickle(case)
            read += 1
        except UserError:
            pass
    assert 0 < read < len(damaged) / 2


class Pair(Record):
    """A record of a further reader: two values, in an order that a state may turn round."""

    __slots__ = ("held",)

    def __init__(self, *held: object) -> None:
        self.held = held

    def __setstate__(self, state: object) -> None:
        self.held = self.held[::-1] if state == "turn" else self.held

    def finished(self, finish: Callable[[object], object]) -> object:
        return [finish(value) for value in self.held]


class Idle(Record):
    """A record that takes nothing."""

    __slots__ = ()


RECORDS = {("far.away", "Pair"): Pair, ("far.away", "Idle"): Idle}


def test_a_reader_admits_records_of_its_own():
    eye = pickle.dumps(np.eye(2), 2)[2:-1]
    call = b"\x80\x02cfar.away\nPair\n(" + eye + b"K\x05tR"
    left, right = load_plain_pickle(call + b".", records=RECORDS)
    assert np.array_equal(left, np.eye(2))
    assert right == 5
    turned = load_plain_pickle(call + b"X\x04\x00\x00\x00turnb.", records=RECORDS)
    assert turned[0] == 5
    with pytest.raises(UserError, match=r"names 'far.away.Pair'"):
        load_plain_pickle(call + b".")


def test_objects_outside_a_pickle_come_from_the_reader():
    data = b"\x80\x02X\x03\x00\x00\x00keyQ."
    assert load_plain_pickle(data, persistent=lambda said: Pair(said, 1)) == ["key", 1]
    with pytest.raises(UserError, match="refers to objects outside itself"):
        load_plain_pickle(data)


@pytest.mark.parametrize(
    "data",
    [
        b"cfar.away\nPair\n}X\x01\x00\x00\x00aK\x01sb.",  # a state for the class itself
        b"cfar.away\nPair\n(N}X\x08\x00\x00\x00finishedK\x01stb.",  # attributes of the class
        b"cfar.away\nIdle\n)R}X\x01\x00\x00\x00aK\x01sb.",  # a state where there is none
        b"cfar.away\nIdle\n)R.",  # what has no value of its own
        b"cfar.away\nPair\n.",  # a class in place of a value
    ],
)
def test_records_cannot_be_changed(data):
    with pytest.raises(UserError):
        load_plain_pickle(b"\x80\x02" + data, records=RECORDS)
    assert callable(Pair.finished)
    assert not hasattr(Pair, "a")


def test_integers_of_thousands_of_digits_are_refused():
    assert load_plain_pickle(pickle.dumps(2**127)) == 2**127
    with pytest.raises(UserError, match="an integer of thousands of digits"):
        load_plain_pickle(pickle.dumps({"version": 10**5000}))


def test_texts_of_no_size_are_refused():
    data = pickle.dumps(np.array(["a"] * 3), 2)
    assert data.count(b"U1") == 1
    with pytest.raises(UserError, match="only plain numbers and texts"):
        load_plain_pickle(data.replace(b"U1", b"U0"))
