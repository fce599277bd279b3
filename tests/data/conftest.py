"""Small image sets drawn on the spot; no photograph is ever part of a test."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.readers.celeba_tables import ATTRIBUTES

ENCODINGS = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP"}


def encode(pixels: np.ndarray, suffix: str = ".jpg") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, ENCODINGS[suffix], **({"quality": 95} if suffix == ".jpg" else {}))
    return buffer.getvalue()


@pytest.fixture
def plain_image() -> Callable[..., bytes]:
    """A one-coloured image file; JPEG keeps its colour within a step or two."""

    def make(colour: int = 128, width: int = 178, height: int = 218, suffix: str = ".jpg") -> bytes:
        return encode(np.full((height, width, 3), colour, dtype=np.uint8), suffix)

    return make


def attribute_values(number: int) -> list[int]:
    """The made-up attributes of image `number`: bit k of the number, as -1 or 1."""
    return [1 if number >> (k % 5) & 1 else -1 for k in range(len(ATTRIBUTES))]


def attribute_text(numbers: list[int]) -> str:
    lines = [str(len(numbers)), " ".join(ATTRIBUTES) + " "]
    lines += [f"{n:06d}.jpg " + " ".join(f"{v:2d}" for v in attribute_values(n)) for n in numbers]
    return "\r\n".join(lines) + "\r\n"


def attribute_csv(numbers: list[int]) -> str:
    lines = [",".join(["image_id", *ATTRIBUTES])]
    lines += [",".join([f"{n:06d}.jpg", *map(str, attribute_values(n))]) for n in numbers]
    return "\n".join(lines) + "\n"


@pytest.fixture
def make_celeba(tmp_path: Path, plain_image: Callable[..., bytes]) -> Callable[..., Path]:
    """Write a CelebA of plain images, image n of colour 20 n, in one of its layouts."""

    def make(
        layout: str = "folder",
        numbers: tuple[int, ...] = (1, 2, 3, 4, 5),
        table_numbers: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7),
        contents: dict[int, bytes] | None = None,
        tables: bool = True,
    ) -> Path:
        files = {f"{n:06d}.jpg": (contents or {}).get(n, plain_image(20 * n)) for n in numbers}
        # Archives hold their members in any order.
        shuffled = sorted(files, reverse=True)
        if layout in ("folder", "kaggle"):
            place = tmp_path / (
                "img_align_celeba/img_align_celeba" if layout == "kaggle" else "img_align_celeba"
            )
            place.mkdir(parents=True)
            for name, content in files.items():
                (place / name).write_bytes(content)
        elif layout == "tar":
            write_tar(tmp_path / "img_align_celeba_000001-020000.tar", {n: files[n] for n in shuffled})
        elif layout == "two-tars":
            write_tar(tmp_path / "img_align_celeba_1.tar", {n: files[n] for n in shuffled[::2]})
            write_tar(tmp_path / "img_align_celeba_2.tar", {n: files[n] for n in shuffled[1::2]})
        elif layout == "official":
            for folder in ("Img", "Anno", "Eval"):
                (tmp_path / folder).mkdir()
            with zipfile.ZipFile(tmp_path / "Img/img_align_celeba.zip", "w") as archive:
                for name in shuffled:
                    archive.writestr(f"img_align_celeba/{name}", files[name])
                archive.writestr(f"__MACOSX/img_align_celeba/._{shuffled[0]}", b"shadow")
        if not tables:
            return tmp_path
        numbers_listed = list(table_numbers)
        partition = "".join(f"{n:06d}.jpg {n % 3}\n" for n in numbers_listed)
        if layout == "kaggle":
            (tmp_path / "list_attr_celeba.csv").write_text(attribute_csv(numbers_listed))
            rows = partition.replace(" ", ",")
            (tmp_path / "list_eval_partition.csv").write_text("image_id,partition\n" + rows)
        elif layout == "official":
            (tmp_path / "Anno/list_attr_celeba.txt").write_text(attribute_text(numbers_listed))
            (tmp_path / "Eval/list_eval_partition.txt").write_text(partition)
        else:
            with zipfile.ZipFile(tmp_path / "list_attr_celeba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("list_attr_celeba.txt", attribute_text(numbers_listed))
        return tmp_path

    return make


def write_tar(path: Path, files: dict[str, bytes], folder: str = "img_align_celeba") -> None:
    with tarfile.open(path, "w") as tar:
        directory = tarfile.TarInfo(folder)
        directory.type = tarfile.DIRTYPE
        tar.addfile(directory)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def make_tar() -> Callable[..., None]:
    return write_tar


@pytest.fixture(scope="session")
def real_celeba() -> Path:
    """The CelebA folder named by TLGAN_CELEBA; without one, the test is skipped."""
    if "TLGAN_CELEBA" not in os.environ:
        pytest.skip("TLGAN_CELEBA is not set")
    return Path(os.environ["TLGAN_CELEBA"])
