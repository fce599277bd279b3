"""Labellers of other projects (ONNX, Keras): a card says what their numbers mean."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax

from models.importers.file_kind import open_network
from models.importers.foreign_network import ForeignNetwork
from models.importers.sidecar import Attribute, LabellerCard, card_path, identity, read_card
from models.inference.batch_size import choose_foreign_batch
from models.inference.compile import in_batches
from models.inference.crop import View
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.file_hash import file_sha256

# Nearer to 0 and 1 than float32 tells, a logit would be infinite.
NEXT_TO_ONE, SMALLEST = 2.0**-24, float(np.finfo("float32").tiny)


def open_foreign_labeller(
    path: Path,
    kind: str | None = None,
    *,
    batch: int | None = None,
    remembered: MutableMapping[str, Any] | None = None,
) -> dict:
    """What a `Labeller` is made of, from an ONNX or Keras file and the card beside it.

    `batch` and `remembered` are as for `models.load_labeller`.

    Raises
    ------
    UserError
        Where there is no card, the network does not take the pictures that the card describes, or
        has not the outputs that it names.
    """
    if not card_path(path).is_file():
        raise UserError(
            f"{path}: a labeller of another project needs a card. Write {card_path(path)}, "
            "as docs/labellers.md says."
        )
    card = read_card(card_path(path), LabellerCard)
    network = open_network(path, kind)
    with reading(card_path(path), "a network's card"):
        view = View(card.input.size, card.input.left, card.input.top, card.input.side)
    size, channels_first = card.input.size, card.input.layout == "NCHW"
    wanted = (3, size, size) if channels_first else (size, size, 3)
    if len(network.input_shape) != 3 or any(
        given not in (None, said) for given, said in zip(network.input_shape, wanted, strict=False)
    ):
        raise UserError(
            f"{path}: takes input of shape {network.input_shape}. Its card says {wanted}; mend `input`."
        )
    places = [network.output_number(attribute.output) for attribute in card.attributes]
    described = None if card.features is None else network.output_number(card.features)
    mean, scale = (np.asarray(values, "float32") for values in (card.input.mean, card.input.scale))

    def outputs_of(images: np.ndarray) -> list[np.ndarray]:
        pixels = images[..., ::-1] if card.input.colours == "BGR" else images
        pixels = (pixels.astype("float32") - mean) / scale
        pixels = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) if channels_first else pixels
        return [np.asarray(output, "float32").reshape(len(images), -1) for output in network.run(pixels)]

    def answers(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = outputs_of(images)
        pairs = zip(card.attributes, places, strict=True)
        scores = np.stack([_score(network, attribute, outputs[place]) for attribute, place in pairs], axis=1)
        return scores, np.concatenate(outputs, axis=1) if described is None else outputs[described]

    def read_batch(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not card.mirror:
            return answers(images)
        pair = zip(answers(images), answers(images[:, :, ::-1]), strict=True)
        return tuple((face + mirrored) / 2 for face, mirrored in pair)

    sha256 = identity(file_sha256(path), card)
    batching = choose_foreign_batch(network.batch, size, f"{sha256} | reads", remembered, batch)
    read = in_batches(read_batch, batching)
    read(np.zeros((1, size, size, 3), np.uint8))  # a card that names columns there are not fails here
    return {
        "names": tuple(attribute.name for attribute in card.attributes),
        "kinds": tuple(attribute.kind for attribute in card.attributes),
        "units": tuple(attribute.unit for attribute in card.attributes),
        "resolution": size,
        "view": view,
        "sha256": sha256,
        "read": read,
        "batching": batching,
    }


def _score(network: ForeignNetwork, attribute: Attribute, numbers: np.ndarray) -> np.ndarray:
    """One attribute's score of each row, from an output's numbers (n, columns)."""
    classes = numbers.shape[1]
    if attribute.values and len(attribute.values) != classes:
        raise UserError(
            f"{card_path(network.path)}: `values` of {attribute.name} must be one for each of "
            f"{classes} classes. "
            f"Got {len(attribute.values)}."
        )
    if attribute.index >= classes:
        raise UserError(
            f"{card_path(network.path)}: `index` of {attribute.name} must be below {classes}, the columns of "
            f"its output. Got {attribute.index}."
        )
    score = _number(attribute, numbers.astype("float64"))
    return (score * attribute.scale + attribute.offset).astype("float32")


def _number(attribute: Attribute, numbers: np.ndarray) -> np.ndarray:
    column, others = numbers[:, attribute.index], np.delete(numbers, attribute.index, axis=1)
    if attribute.reads in ("value", "logit"):
        return column
    if attribute.reads == "probability":
        return _logit(column, 1.0 - column, NEXT_TO_ONE)
    if attribute.values:
        shares = softmax(numbers, axis=1) if attribute.reads == "class logits" else numbers
        return shares @ np.asarray(attribute.values) / shares.sum(axis=1)
    if attribute.reads == "class logits":
        return column - logsumexp(others, axis=1)
    # The sum of the other classes keeps the digits that 1 - p has lost.
    return _logit(column, others.sum(axis=1), SMALLEST)


def _logit(share: np.ndarray, rest: np.ndarray, least: float) -> np.ndarray:
    return np.log(np.maximum(share, least)) - np.log(np.maximum(rest, least))
