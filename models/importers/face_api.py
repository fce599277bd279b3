"""Networks for faces of the npm package @vladmandic/face-api (MIT), checked by their hashes.

They were trained by Davis King (the recogniser, for dlib) and by Vincent Mühler (the others, for face-api.js), on
other pictures than CelebA.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.importers.face_networks import FACE_NETWORKS
from models.importers.sidecar import sidecar_path
from models.importers.weights_manifest import read_manifest
from models.weights.card import renewing_card
from models.weights.locate import PRETRAINED
from models.weights.weight_file import assign_weights, network_arrays, write_weights
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.file_hash import file_sha256

PACKAGE, LICENSE = "@vladmandic/face-api 1.7.15", "MIT"
PACKAGE_SHA256 = "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031"
REMEDY = "Delete it and run `make face-api`."
SIDECARS = PRETRAINED / "sidecars"
# What the package calls variables, and what Keras calls them.
LEAVES = {
    "filters": "kernel",
    "weights": "kernel",
    "bias": "bias",
    "depthwise_filter": "depthwise_kernel",
    "pointwise_filter": "pointwise_kernel",
}


class Published(NamedTuple):
    """A network of the package: its name and kind here, SHA-256 of its manifest and of its bytes."""

    name: str
    kind: str
    manifest: str
    content: str


PUBLISHED = {
    "face_recognition_model": Published(
        "face-api-recognition.embedder",
        "face_recogniser",
        "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b",
        "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
    ),
    "age_gender_model": Published(
        "face-api-age-gender.labeller",
        "age_gender",
        "74b60bf3ebf981bf4e661e9cca3a185614e10b25d797118b62e2a68d3ff2569f",
        "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa",
    ),
    "face_expression_model": Published(
        "face-api-expression.labeller",
        "expression",
        "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
        "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
    ),
    "tiny_face_detector_model": Published(
        "face-api-detector.labeller",
        "face_detector",
        "5d1af4849ac48d5b985f4a9b16010c512353ddd6fcc63d50fd0bc9e9e64296e5",
        "b7503ce7df31039b1c43316a9b865cab6a70dd748cc602d3fa28b551503c3871",
    ),
}


def convert_package(package: Path, folder: Path) -> list[Path]:
    """Write the networks of the package as weight files, labellers with a sidecar.

    A sidecar that lies there already is left as it is, for attributes may have been renamed in it.

    Parameters
    ----------
    package : Path of the package's file, `vladmandic-face-api-1.7.15.tgz`
    folder : Path, where to write; made where missing

    Returns
    -------
    list of Path, the weight files

    Raises
    ------
    UserError
        Where the package or a file in it is not the published one, or the folder cannot be written.
    """
    _check_hash(package, PACKAGE_SHA256)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as unpacked:
        with (
            reading(package, "an npm package", tarfile.TarError, KeyError, EOFError, remedy=REMEDY),
            tarfile.open(package) as archive,
        ):
            for source in PUBLISHED:
                for file in _files(source):
                    (Path(unpacked) / file).write_bytes(_read_member(archive, f"package/model/{file}"))
        return [
            _convert(Path(unpacked), source, published, folder) for source, published in PUBLISHED.items()
        ]


def to_keras(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name arrays as the variables of our networks, with scale layers folded into the convolutions before them.

    Parameters
    ----------
    arrays : dict of str to float32 array, by the package's names, such as `conv32_1/conv1/conv/filters`

    Returns
    -------
    dict of str to float32 array, such as `conv32_1.conv1/kernel`
    """
    variables = {}
    for name, array in arrays.items():
        path, _, leaf = name.rpartition("/")
        if not path:  # a matrix without bias
            path, leaf = name, "weights"
        layer = path.removesuffix("/conv")
        if path.endswith("/scale") and f"{layer.removesuffix('/scale')}/conv/filters" in arrays:
            continue
        if path.endswith("/conv") and f"{layer}/scale/weights" in arrays:
            array = array * arrays[f"{layer}/scale/weights"].astype("float64")
            if leaf == "bias":
                array = array + arrays[f"{layer}/scale/biases"]
        variables[f"{layer.replace('/', '.')}/{LEAVES.get(leaf, leaf)}"] = np.asarray(array, "float32")
    return variables


def _convert(unpacked: Path, source: str, published: Published, folder: Path) -> Path:
    manifest, content = (unpacked / file for file in _files(source))
    _check_hash(manifest, published.manifest)
    _check_hash(content, published.content)
    kind = FACE_NETWORKS[published.kind]
    config = kind.config()
    network = kind.build(config)
    assign_weights(network, to_keras(read_manifest(manifest, REMEDY)), str(manifest), REMEDY)
    path = folder / f"{published.name}.h5"
    sidecar = SIDECARS / f"{published.name}.toml"
    # The sidecar first: a network never lies there without what its numbers mean.
    if sidecar.is_file() and not sidecar_path(path).exists():
        with replacing(sidecar_path(path)) as partial:
            shutil.copyfile(sidecar, partial)
    metadata = {"source": f"{source} of {PACKAGE}", "license": LICENSE, "source_sha256": published.content}
    with renewing_card(path, metadata | {"command": "make face-api"}):
        write_weights(path, published.kind, config, network_arrays(network), metadata, dtype="float32")
    return path


def _files(source: str) -> tuple[str, str]:
    return f"{source}-weights_manifest.json", f"{source}.bin"


def _read_member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is no file")
    return file.read()


def _check_hash(path: Path, wanted: str) -> None:
    if not path.is_file():
        raise UserError(f"{path}: no such file of {PACKAGE}. Run `make face-api`.")
    found = file_sha256(path)
    if found != wanted:
        raise UserError(f"{path}: must have the SHA-256 {wanted}. Got {found}. {REMEDY}")
