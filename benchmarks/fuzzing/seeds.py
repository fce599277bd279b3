"""Small valid files to start from: what version 0.3 wrote, shipped recipes, and files made on the spot."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "files_of_0_3"
PICTURES = ("a.png", "b.png", "c.png")  # in every archive, named by every table


def stored(*patterns: str) -> list[bytes]:
    """Files of the kept run, by patterns of their paths."""
    found = [path.read_bytes() for pattern in patterns for path in sorted(FILES.glob(pattern))]
    if not found:
        raise FileNotFoundError(f"{FILES}: holds none of {patterns}")
    return found


def written(*writers: Callable[[Path], object]) -> list[bytes]:
    """What writers write under a path each."""
    contents = []
    with TemporaryDirectory() as folder:
        for number, write in enumerate(writers):
            path = Path(folder) / f"{number}.bin"
            write(path)
            contents.append(path.read_bytes())
    return contents


def recipes() -> list[bytes]:
    """The shipped recipes, and that of the kept run."""
    shipped = sorted((ROOT / "pipelines" / "recipes").glob("*.toml"))
    return [path.read_bytes() for path in shipped] + stored("toy.toml")


def settings() -> list[bytes]:
    """What follows `-s`."""
    texts = (
        "sample.count=5000",
        "sample.until=3 degrees",
        "label.labellers=['a', 'b']",
        "evaluate.steps=[-1, 1.5]",
    )
    return [
        text.encode() for text in (*texts, "networks.labeller.widths=[8, 16]", "fit.ridge=held-out", "name=x")
    ]


@cache
def small_picture(mode: str = "RGB", size: int = 24) -> object:
    """A shaded picture, square."""
    from PIL import Image

    shade = np.add.outer(np.arange(size), np.arange(size)).astype(np.uint8)[..., None]
    return Image.fromarray(np.repeat(shade * 4, 3, axis=-1)).convert(mode)


def pictures(form: str, *modes: str, **options: object) -> list[bytes]:
    """A picture of every mode in a format of Pillow."""
    contents = []
    for mode in modes:
        stream = io.BytesIO()
        small_picture(mode).save(stream, form, **options)  # type: ignore[attr-defined]
        contents.append(stream.getvalue())
    return contents


def picture_archive(kind: str) -> bytes:
    """A zip or tar of three pictures."""
    (content,) = pictures("PNG", "RGB")
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for name in PICTURES:
                archive.writestr(name, content)
    else:
        with tarfile.open(
            fileobj=stream, mode="w", format=tarfile.PAX_FORMAT if kind == "pax" else None
        ) as archive:
            for name in PICTURES:
                member = tarfile.TarInfo(name if kind != "pax" else f"{'é' * 60}/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def tables() -> list[bytes]:
    """Tables of labels for a folder of pictures, as CSV, as Excel writes it, and separated by spaces."""
    plain = "file,Smiling,Age:continuous:years,Shape,identity,partition\n"
    plain += "".join(
        f"{name},{number % 2},{20.5 + number},oval,p{number},train\n" for number, name in enumerate(PICTURES)
    )
    excel = 'sep=;\r\n"file";"Smiling";"Age"\r\n' + "".join(f'"{name}";1;"20,5"\r\n' for name in PICTURES)
    spaces = "3\nSmiling Young\n" + "".join(f"{name}  1 -1\n" for name in PICTURES)
    return [plain.encode(), excel.encode("utf-16"), excel.encode("utf-8-sig"), spaces.encode()]


def celeba_table(separator: str = " ") -> bytes:
    """CelebA's table of attributes, as published or separated by commas."""
    from data.readers.celeba_tables import ATTRIBUTES

    names = [f"{number:06d}.jpg" for number in range(1, 4)]
    heading = f"{len(names)}\n" if separator == " " else "image_id,"
    rows = "".join(separator.join([name, *("1", "-1") * 20]) + "\n" for name in names)
    return (heading + separator.join(ATTRIBUTES) + "\n" + rows).encode()


def celeba_numbers() -> bytes:
    """CelebA's table of parts or of identities."""
    return "".join(f"{number:06d}.jpg {number % 3}\n" for number in range(1, 5)).encode()


def labels_by_hand() -> list[bytes]:
    """Tables of the columns row, attribute, value."""
    text = "row,attribute,value\n0,Smiling,1\n1,Smiling,0\n2,Smiling,?\n0,Age:continuous:years,20.5\n"
    return [
        text.encode(),
        text.replace(",", ";").replace("20.5", "20,5").encode(),
        text.replace(",", "\t").encode(),
    ]


def plain_pickles() -> list[bytes]:
    """Arrays and names in every protocol."""
    content = {
        "names": ["a", "b"],
        "array": np.arange(6.0).reshape(2, 3),
        "one": np.float32(2),
        "raw": b"\0\xff",
        "n": None,
    }
    return [pickle.dumps(content, protocol) for protocol in range(6)]


def official_pickles() -> list[bytes]:
    """Progressive GANs as they were published."""
    from tests.models.conftest import official_state, write_official

    given = {"resolution": 8, "fmap_base": 16, "fmap_max": 4, "latent_size": 4}
    states = (official_state("G_paper", "G", **given), official_state("D_paper", "D", **given))
    return written(
        lambda path: write_official(path, (*states, official_state(**given))),
        lambda path: write_official(path, official_state(**given), protocol=2, names_of_2018=True),
    )


def torch_checkpoints() -> list[bytes]:
    """Checkpoints of progressive GANs in both formats of PyTorch."""
    from tests.models.conftest import gan_zoo_state, genforce_state, write_torch

    small = gan_zoo_state(4, (3, 2))
    content = {"config": {"alpha": 0, "names": ["a"]}, "netG": small}
    return written(
        lambda path: write_torch(path, content),
        lambda path: write_torch(path, genforce_state(4, (3, 2)), legacy=True),
        lambda path: write_torch(path, genforce_state(4, (3, 2), fused=True)),
    )


def onnx_files() -> list[bytes]:
    """Generators as ONNX files."""
    from tests.models.conftest import onnx_generator

    return written(
        lambda path: onnx_generator(path, latent_dim=3, side=4),
        lambda path: onnx_generator(path, latent_dim=3, side=4, layout="NHWC", ending="bytes"),
    )


def keras_files() -> list[bytes]:
    """A model that Keras saved."""
    import keras

    inputs = keras.Input((3,))
    model = keras.Model(
        inputs, keras.layers.Reshape((2, 2, 3))(keras.layers.Dense(12, activation="tanh")(inputs))
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return [path.read_bytes()]


def npy_files() -> list[bytes]:
    """Arrays in NumPy's format."""
    arrays = (
        np.arange(8.0),
        np.ones((3, 8), "f4"),
        np.arange(1, 7, dtype=">f8").reshape(2, 3, order="F"),
    )
    contents = []
    for array in arrays:
        stream = io.BytesIO()
        np.save(stream, array)
        contents.append(stream.getvalue())
    return contents


def sidecars() -> list[bytes]:
    """Sidecars of generators and labellers."""
    generator = b'latent_space = "normal"\nlatent_dim = 3\nlayout = "NCHW"\nrange = [-1.0, 1.0]\n'
    labeller = b"""mirror = true
features = "pooled"
[input]
size = 62
left = 0.1
colours = "BGR"
mean = [1.0, 2.0, 3.0]
scale = [255.0, 255.0, 255.0]
[[attributes]]
name = "Male"
kind = "binary"
reads = "class logits"
columns = [0, 1]
[[attributes]]
name = "Age"
kind = "continuous"
reads = "value"
unit = "years"
scale = 100.0
"""
    return [generator, labeller]


def weights_manifests() -> list[bytes]:
    """A manifest of TensorFlow.js for a file `a.bin` of 28 bytes beside it."""
    whole = b'[{"paths": ["a.bin"], "weights": [{"name": "w", "shape": [2, 3], "dtype": "float32"}, '
    return [
        whole
        + b'{"name": "q", "shape": [4], "dtype": "float32", '
        + b'"quantization": {"dtype": "uint8", "scale": 0.5, "min": -1}}]}]'
    ]
