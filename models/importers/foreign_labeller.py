"""Open a labeller of another project, whose sidecar says what its numbers mean."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax

from models.importers.file_kind import file_kind, open_network
from models.importers.first_pass.trial import PassedNetworks, open_apart
from models.importers.foreign_network import ForeignNetwork
from models.importers.sidecar import (
    Attribute,
    LabellerInput,
    LabellerSidecar,
    hash_with_sidecar,
    read_sidecar,
    sidecar_path,
)
from models.inference.batch_size import BatchSize, choose_foreign_batch_size
from models.inference.compile import run_in_batches
from models.inference.crop import CropWindow
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.file_hash import file_sha256

MOST_INPUTS = 2**26  # values of the pictures that a network takes at a time
# Nearer to 0 and 1 than float32 tells, a logit would be infinite.
NEXT_TO_ONE, SMALLEST = 2.0**-24, float(np.finfo("float32").tiny)

MOST_TASKS = 50

Read = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class ForeignLabeller:
    """A foreign labeller that runs.

    Attributes
    ----------
    sidecar : LabellerSidecar, its attributes
    window : CropWindow, the part of a face image that it reads, and at what size
    sha256 : str, of the file and of what its sidecar says
    batch_size : BatchSize, rows that go through at a time
    read : callable, uint8 images (n, R, R, 3) to (scores (n, K), features (n, F)), float32
    """

    sidecar: LabellerSidecar
    window: CropWindow
    sha256: str
    batch_size: BatchSize = field(repr=False, compare=False)
    read: Read = field(repr=False, compare=False)


def open_foreign_labeller(
    path: Path,
    kind: str | None = None,
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> ForeignLabeller:
    """Open a labeller with the sidecar beside it: an ONNX or Keras file, or weights of `FACE_NETWORKS`.

    It first runs in a process of its own; see `models.importers.first_pass.trial`.

    Parameters
    ----------
    path : Path
    kind : "onnx", "keras" or "tlgan"; None tells it from the file
    batch, batch_size_cache : as for `models.load_labeller`

    Raises
    ------
    UserError
        Where there is no sidecar, the network does not take the images that the sidecar describes, or
        has not the outputs that it names.
    """
    if not sidecar_path(path).is_file():
        raise UserError(
            f"{path}: a labeller of another project needs a sidecar. Write {sidecar_path(path)}, "
            "as docs/how-to/bring-labels.md says."
        )
    sidecar = read_sidecar(sidecar_path(path), LabellerSidecar)
    kind = kind or file_kind(path)
    with reading(sidecar_path(path), "a network's sidecar"):
        part = sidecar.input
        window = CropWindow(part.size, part.left, part.top, part.side, part.repeat_border)
    file_hash, passed = file_sha256(path), PassedNetworks(batch_size_cache)
    sha256 = hash_with_sidecar(file_hash, sidecar)
    known = 0 if kind == "tlgan" else passed.floats_per_row(sha256)
    parameters = None
    if known is None:
        with open_apart(path, kind) as trial:
            _read_black(trial.network, sidecar)
            blacks = np.zeros((2, window.size, window.size, 3), np.uint8)
            known = trial.floats_per_row(_prepare_images(blacks, sidecar.input))
            parameters = trial.network.parameters
        passed.add(sha256, known)
    network = open_network(path, kind, parameters)
    _read_black(network, sidecar)
    batch_size = choose_foreign_batch_size(
        network.batch, window.size, f"{sha256} | reads", batch_size_cache, batch, known
    )
    read = run_in_batches(_build_scoring(network, sidecar), batch_size)
    return ForeignLabeller(sidecar, window, sha256, batch_size, read)


def _read_black(network: ForeignNetwork, sidecar: LabellerSidecar) -> None:
    """Read a black picture: a sidecar that names columns which do not exist fails here, not in a run."""
    size = sidecar.input.size
    _check_input_shape(network, sidecar.input)
    read = run_in_batches(_build_scoring(network, sidecar), network.batch or 1)
    read(np.zeros((1, size, size, 3), np.uint8))


def _check_input_shape(network: ForeignNetwork, given: LabellerInput) -> None:
    size = given.size
    if 3 * size * size * (network.batch or 1) > MOST_INPUTS:
        raise UserError(
            f"{network.path}: must take at most {MOST_INPUTS} values at a time. Got {network.batch or 1} pictures "
            f"of {size} × {size} pixels; export it for fewer."
        )
    wanted = (3, size, size) if given.layout == "NCHW" else (size, size, 3)
    if len(network.input_shape) != 3 or any(
        found not in (None, said) for found, said in zip(network.input_shape, wanted, strict=False)
    ):
        raise UserError(
            f"{network.path}: takes input of shape {network.input_shape}. Its sidecar says {wanted}; "
            "correct `input`."
        )


def _build_scoring(network: ForeignNetwork, sidecar: LabellerSidecar) -> Read:
    """A function of uint8 images (n, R, R, 3) to scores (n, K) and features (n, F), for one batch."""
    places = [network.output_number(attribute.output) for attribute in sidecar.attributes]
    features = None if sidecar.features is None else network.output_number(sidecar.features)

    def read_once(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs = _prepare_images(images, sidecar.input)
        outputs = [np.asarray(part, "float32").reshape(len(images), -1) for part in network.run(inputs)]
        pairs = zip(sidecar.attributes, places, strict=True)
        scores = np.stack([_score(network, attribute, outputs[place]) for attribute, place in pairs], axis=1)
        return scores, np.concatenate(outputs, axis=1) if features is None else outputs[features]

    def read(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not sidecar.mirror:
            return read_once(images)
        (scores, described), (mirrored_scores, mirrored) = read_once(images), read_once(images[:, :, ::-1])
        return (scores + mirrored_scores) / 2, (described + mirrored) / 2

    return read


def _prepare_images(images: np.ndarray, given: LabellerInput) -> np.ndarray:
    """uint8 images (n, R, R, 3) as the network takes them: float32, in its layout and order of colours."""
    mean, scale = np.asarray(given.mean, "float32"), np.asarray(given.scale, "float32")
    pixels = images[..., ::-1] if given.colours == "BGR" else images
    pixels = (pixels.astype("float32") - mean) / scale
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) if given.layout == "NCHW" else pixels


def _score(network: ForeignNetwork, attribute: Attribute, numbers: np.ndarray) -> np.ndarray:
    """One attribute's score of each row, from the numbers of an output (n, columns)."""
    width, card = numbers.shape[1], sidecar_path(network.path)
    columns = list(attribute.columns) or list(range(width))
    for key, place in (("index", attribute.index), ("columns", max(columns, default=0))):
        if place >= width:
            raise UserError(
                f"{card}: `{key}` of {attribute.name} must be below {width}, the columns of its output. Got {place}."
            )
    if attribute.values and len(attribute.values) != len(columns):
        raise UserError(
            f"{card}: `values` of {attribute.name} must be one for each of {len(columns)} classes. "
            f"Got {len(attribute.values)}."
        )
    numbers = numbers.astype("float64")
    classes = numbers[:, columns]
    if attribute.reads == "class probabilities":
        _check_one_softmax(card, attribute, classes)
    if attribute.reads.startswith("class"):
        score = _class_score(attribute, classes, 0 if attribute.values else columns.index(attribute.index))
    elif attribute.reads == "probability":
        column = numbers[:, attribute.index]
        score = _logit(column, 1.0 - column, NEXT_TO_ONE)
    else:
        score = numbers[:, attribute.index]
    return (score * attribute.scale + attribute.offset).astype("float32")


def _class_score(attribute: Attribute, classes: np.ndarray, place: int) -> np.ndarray:
    """The logit of the class at a place, or the mean of `values`, from the numbers of one softmax."""
    of_logits = attribute.reads == "class logits"
    if attribute.values:
        shares = softmax(classes, axis=1) if of_logits else classes
        return shares @ np.asarray(attribute.values) / shares.sum(axis=1)
    column, others = classes[:, place], np.delete(classes, place, axis=1)
    if of_logits:
        return column - logsumexp(others, axis=1)
    # The sum of the other classes has the digits that 1 - p has lost.
    return _logit(column, others.sum(axis=1), SMALLEST)


def _check_one_softmax(card: Path, attribute: Attribute, classes: np.ndarray) -> None:
    """Refuse probabilities that add up to 2, 3, …: those of as many tasks, which `columns` must keep apart."""
    tasks = int(np.round(classes.sum(axis=1).mean())) if len(classes) else 1
    if 2 <= tasks <= MOST_TASKS and np.allclose(classes.sum(axis=1), tasks, atol=1e-3):
        raise UserError(
            f"{card}: the classes of {attribute.name} must be one softmax, whose probabilities add up to 1. They add "
            f"up to {tasks}: name those of its task as `columns`."
        )


def _logit(share: np.ndarray, rest: np.ndarray, least: float) -> np.ndarray:
    return np.log(np.maximum(share, least)) - np.log(np.maximum(rest, least))
