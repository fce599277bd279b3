"""Small changes of a file, as accidents and ill will make them; each is decided by a random generator alone."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tlgan.storage.checksums import BLOCK_BYTES, MARK

MOST_CHANGES = 4  # of one file
MOST_BYTES = 2**19  # of a changed file
INTEGERS = (0, 1, 2, 7, 8, 16, 64, 127, 128, 255, 256, 4096, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**24)
INTEGERS += (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1)
WORDS = (
    *(
        "",
        "0",
        "-1",
        "-0.0",
        "1e999",
        "-1e999",
        "nan",
        "NaN",
        "Infinity",
        "inf",
        "null",
        "true",
        "None",
        "[]",
        "{}",
    ),
    *(
        "9" * 30,
        "9" * 5000,
        "1_000",
        "0x10",
        "0b1",
        "1e-400",
        "٣",
        "²",
        "é",
        "中" * 100,
        "a" * 300,
        '"',
        "'",
        '"""',
    ),
    *(
        "../../x",
        "/etc/passwd",
        ".",
        "..",
        "\\",
        "%s",
        "{}",
        "a\\u0000b",
        "\\ud800",
        "\\uffff",
        "<b>",
        "=1+1",
        "#",
    ),
    *(
        "\0",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\ufeff",
        ",",
        ";",
        "=",
        ":",
    ),
    *("2020-01-01", "2020-13-45T99:99:99", "00:00:00", "[[", "]]", "[a]", "[[a]]", "a.b.c = 1", "inf = nan"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *(
        "",
        "a",
        "\0",
        "\n",
        "nan",
        "a" * 300,
        "\ud800",
        "../x",
        [],
        {},
        [[]],
        [None],
        [1, "a"],
        {"": 0},
        [0] * 5000,
    ),
)

WORD = re.compile(r"-?\d[\d.eE+-]*|\w+|[^\w\s]")
Change = Callable[[bytes, Random], bytes]


def change_bytes(content: bytes, random: Random) -> bytes:
    """Flip, overwrite, insert, remove, repeat or cut bytes."""
    data = bytearray(content)
    place = random.randrange(len(data) + 1)
    length = min(len(data) - place, random.choice((1, 1, 2, 4, 8, 32, 256, 4096)))
    kind = random.randrange(9)
    if kind <= 2 and length:
        data[min(place, len(data) - 1)] ^= 1 << random.randrange(8)
    elif kind == 3:
        number, size = random.choice(INTEGERS), random.choice((1, 2, 4, 8))
        order = random.choice(("little", "big"))
        data[place : place + size] = (number % 256**size).to_bytes(size, order)  # type: ignore[arg-type]
    elif kind == 4:
        data[place:place] = random.choice(
            (bytes(length or 1), random.randbytes(length or 1), b"\xff" * (length or 1))
        )
    elif kind == 5:
        del data[place : place + length]
    elif kind == 6:
        start = random.randrange(len(data) + 1)
        data[place:place] = data[start : start + length] * random.choice((1, 1, 2, 100))
    elif kind == 7:
        start = random.randrange(len(data) + 1)
        data[place : place + length] = data[start : start + length]
    elif random.random() < 0.3:
        del data[place:]
    elif data:
        data[min(place, len(data) - 1)] = random.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(data)


def change_text(content: bytes, random: Random) -> bytes:
    """Change words, numbers, lines or nesting of a text."""
    if len(content) > 2**17:  # it would take seconds
        return change_bytes(content, random)
    text = content.decode("utf-8", "surrogateescape")
    kind = random.randrange(8)
    start, end = _word(text, random)
    if kind <= 1:
        text = text[:start] + random.choice(WORDS) + text[end:]
    elif kind == 2:
        text = text[:start] + random.choice(WORDS) + text[start:]
    elif kind == 3:
        text = text[:start] + text[slice(*_word(text, random))] + text[end:]
    elif kind == 4:
        lines = text.splitlines(keepends=True) or [""]
        first, second = random.randrange(len(lines)), random.randrange(len(lines))
        lines[first : first + random.randrange(2)] = [lines[second]] * random.choice((0, 1, 2, 50))
        text = "".join(lines)
    elif kind == 5:
        opening = random.choice(("[", "{", '{"a":', "[[", "a.", "(", '"', "'", "[{"))
        count = random.choice((1, 2, 60, 70, 500, 3000, 20_000))
        closing = {"[": "]", "{": "}", '{"a":': "}", "(": ")"}.get(opening, "")
        text = text[:start] + opening * count + text[start:end] + closing * count + text[end:]
    elif kind == 6:
        text = text[:start] + text[start:end] * random.choice((2, 10, 5000)) + text[end:]
    else:
        return change_bytes(content, random)
    return text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")


def _word(text: str, random: Random) -> tuple[int, int]:
    """Start and end of a word, a number or a sign at a random place."""
    found = WORD.search(text, random.randrange(len(text) + 1)) or WORD.search(text)
    return found.span() if found else (0, 0)


def change_json(content: bytes, random: Random) -> bytes:
    """Put another value somewhere into a tree of JSON, or take one out; a checksum in it is made to fit."""
    if random.random() < 0.4:
        return change_text(content, random)
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return change_text(content, random)
    checked = isinstance(tree, dict) and tree.pop("checksum", None) is not None
    changed = _change_value(tree, random)
    if checked and isinstance(changed, dict) and random.random() < 0.9:
        from pipelines.workflow.step import fingerprint_of

        try:
            changed["checksum"] = fingerprint_of(changed)
        except (ValueError, TypeError, RecursionError):
            changed["checksum"] = ""
    try:
        return json.dumps(changed).encode()
    except RecursionError:
        return change_bytes(content, random)


def _change_value(value: Any, random: Random) -> Any:
    """The value with one of those inside it changed."""
    keys: Sequence[Any] = (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    if not keys or random.random() < 0.15:
        return random.choice(VALUES)
    key = random.choice(keys)
    kind = random.randrange(12)
    if kind == 0:
        del value[key]
    elif kind == 1 and isinstance(value, list):
        value.insert(key, value[random.randrange(len(value))])
    elif kind == 1:
        value[random.choice(("", "a", "\n", "x" * 300, "0", key))] = value[key]
    elif kind == 2:
        value[key] = value[random.choice(keys)]
    elif kind == 3:
        for _ in range(random.choice((1, 10, 70, 900))):
            value[key] = [value[key]]
    else:
        value[key] = _change_value(value[key], random)
    return value


def change_hdf5(content: bytes, random: Random) -> bytes:
    """Change bytes of an HDF5 file, or a dataset or attribute through the library; the checksum is made to fit."""
    if random.random() < 0.6:
        changed = change_bytes(content, random)
    else:
        changed = _change_items(content, random)
    return with_checksum(changed) if random.random() < 0.9 else changed


def _change_items(content: bytes, random: Random) -> bytes:
    import h5py
    import numpy as np

    stream = io.BytesIO(content)
    try:
        with h5py.File(stream, "r+") as file:
            names: list[str] = []
            file.visit(names.append)
            group = file[random.choice(names)] if names and random.random() < 0.3 else file
            if names and random.random() < 0.6:
                name = random.choice(names)
                _replace_item(file, name, random, np)
            elif len(group.attrs):
                name = random.choice(sorted(group.attrs))
                value = random.choice(
                    (None, 0, -1, 2**62, 1.5, float("nan"), "", "[", "[]", "a" * 3000, b"\xff\xfe")
                )
                if value is None:
                    del group.attrs[name]
                else:
                    group.attrs[name] = random.choice((value, value, [value, value], np.zeros((3, 0))))
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError):
        return content
    return stream.getvalue()


def _replace_item(file: Any, name: str, random: Random, np: Any) -> None:
    """Another dataset, link or group under the name of one."""
    item = file[name]
    shape, dtype = getattr(item, "shape", (3,)), getattr(item, "dtype", np.dtype("f8"))
    kind = random.randrange(8)
    if kind == 0 and hasattr(item, "shape") and item.size and dtype.kind == "f":
        values = item[...]
        values.flat[random.randrange(values.size)] = random.choice(
            (np.nan, np.inf, -np.inf, 0, 1e300, 5e-324)
        )
        item[...] = values
        return
    del file[name]
    if kind == 1:
        return
    if kind == 2:
        file[name] = random.choice(
            ("", "text", np.zeros(shape, "f2"), np.zeros((*shape, 2)), np.zeros(()), 5)
        )
    elif kind == 3:
        file.create_group(name)
    elif kind == 4:
        import h5py

        file[name] = random.choice((h5py.SoftLink("/"), h5py.SoftLink(name), h5py.ExternalLink("x.h5", "/")))
    elif kind == 5:
        file.create_dataset(name, shape=(2**20, 2**10), dtype=dtype, chunks=True, compression="gzip")
    elif kind == 6:
        file.create_dataset(
            name, shape=shape, dtype=random.choice(("u1", "i8", "f4", ">f8", "S5", "?", "c16"))
        )
    else:
        file.create_dataset(
            name, shape=tuple(random.choice((0, 1, side, side + 1)) for side in shape), dtype=dtype
        )


def with_checksum(content: bytes) -> bytes:
    """An HDF5 file of ours with a checksum that fits; others as they are."""
    if not content.startswith(MARK):
        return content
    try:
        facts = json.loads(content[len(MARK) : BLOCK_BYTES])
        checksum, place = 0, BLOCK_BYTES
        for start, size in (*facts["left_out"], (len(content), 0)):
            checksum = zlib.crc32(content[place:start], checksum)
            place = start + size
    except (ValueError, KeyError, TypeError):
        return content
    text = MARK + json.dumps(facts | {"crc32": checksum, "size": len(content)}).encode()
    return text.ljust(BLOCK_BYTES, b"\n") + content[BLOCK_BYTES:] if len(text) <= BLOCK_BYTES else content


def change_zip(content: bytes, random: Random) -> bytes:
    """Change bytes of an archive, or what one of its members holds, how it is packed, or its name."""
    if random.random() < 0.3:
        return change_bytes(content, random)
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
            members = [(member, source.read(member)) for member in source.infolist()]
            chosen = random.randrange(len(members))
            for number, (member, held) in enumerate(members):
                method = member.compress_type
                name = member.filename
                if number == chosen:
                    kind = random.randrange(10)
                    if kind == 0:
                        continue
                    if kind == 1:
                        name = random.choice(
                            (name.upper(), "x/" + name, "../" + name, name * 2, "", name + "\n")
                        )
                    elif kind == 2:
                        method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
                    elif kind == 3:
                        held, method = bytes(2**20), zipfile.ZIP_DEFLATED
                    else:
                        held = random.choice((change_bytes, change_bytes, change_text))(held, random)
                target.writestr(name, held, method)
    except (ValueError, RuntimeError, OSError, zipfile.BadZipFile, zlib.error, EOFError, IndexError):
        return change_bytes(content, random)
    return packed.getvalue()


def change_safetensors(content: bytes, random: Random) -> bytes:
    """Change the bytes, or the JSON in front with a length that fits."""
    if random.random() < 0.3 or len(content) < 8:
        return change_bytes(content, random)
    (length,) = struct.unpack_from("<Q", content)
    header = change_json(content[8 : 8 + length], random)
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


def change_png(content: bytes, random: Random) -> bytes:
    """Change a chunk of a PNG file, with a checksum that fits, or any bytes."""
    if random.random() < 0.3:
        return change_bytes(content, random)
    chunks, place = [], 8
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        chunks.append([content[place + 4 : place + 8], content[place + 8 : place + 8 + length]])
        place += 12 + length
    if not chunks:
        return change_bytes(content, random)
    number, kind = random.randrange(len(chunks)), random.randrange(6)
    if kind == 0:
        del chunks[number]
    elif kind == 1:
        chunks.insert(random.randrange(len(chunks) + 1), chunks[number])
    elif kind == 2:
        chunks[number][0] = random.choice(
            (b"IDAT", b"tEXt", b"zTXt", b"iTXt", b"PLTE", b"tRNS", b"acTL", b"fdAT", b"IEND")
        )
    else:
        chunks[number][1] = random.choice((change_bytes, change_text))(chunks[number][1], random)
    parts = [content[:8]]
    for name, held in chunks:
        parts += [struct.pack(">I", len(held)), name, held, struct.pack(">I", zlib.crc32(name + held))]
    return b"".join(parts)


CHANGES: dict[str, Change] = {
    "bytes": change_bytes,
    "text": change_text,
    "json": change_json,
    "hdf5": change_hdf5,
    "zip": change_zip,
    "safetensors": change_safetensors,
    "png": change_png,
}


def mutate(seeds: Sequence[bytes], form: str, random: Random) -> bytes:
    """One changed file.

    Parameters
    ----------
    seeds : sequence of bytes
        Valid files to start from.
    form : str
        A key of `CHANGES`.
    random : Random
        Decides everything.
    """
    content = random.choice(seeds)
    if random.random() < 0.03:  # the start of one, the end of another
        other = random.choice(seeds)
        content = content[: random.randrange(len(content) + 1)] + other[random.randrange(len(other) + 1) :]
    for _ in range(random.randint(1, MOST_CHANGES)):
        content = CHANGES[form](content, random)[:MOST_BYTES]
    return content
