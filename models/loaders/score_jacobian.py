"""Scores of the pictures of latents with their Jacobian, through generator and labellers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from models.inference.backend import input_gradients
from models.inference.compile import compile_forward
from models.inference.crop import CropWindow, crop_images
from models.loaders.generator import LoadedGenerator
from models.loaders.labeller import LoadedLabeller
from tlgan.errors import UserError

ScoresAndGradients = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def compile_score_jacobian(
    generator: LoadedGenerator, labellers: Sequence[LoadedLabeller], window: CropWindow | None = None
) -> ScoresAndGradients:
    """Compile the scores of the pictures of latents, with their gradients through both networks.

    Pictures are clipped as they are drawn, but not rounded. One latent goes through at a time, in as many rows as
    there are scores: the gradient of each is taken in a row of its own.

    Parameters
    ----------
    generator : LoadedGenerator
    labellers : sequence of LoadedLabeller, at least one; their scores stand side by side
    window : CropWindow or None, the part of a picture that the labellers see; None: all of it

    Returns
    -------
    callable
        Latents (n, latent_dim) to scores (n, K) and their Jacobian (n, K, latent_dim), float32.

    Raises
    ------
    UserError
        Where one of them is no network of ours, so that no gradient leads through it.

    Example
    -------
    >>> score = compile_score_jacobian(models.load_generator("celeba64"), [models.load_labeller("celeba64")])
    >>> scores, jacobian = score(latents)
    """
    draw = _differentiable(generator, "draw_tensors")
    readers = [(labeller, _differentiable(labeller, "read_tensors")) for labeller in labellers]

    def score(latents):
        images = ops.clip(draw(latents) * 127.5 + 127.5, 0.0, 255.0)
        seen = images if window is None else crop_images(images, window)
        return ops.concatenate([read(_crop(labeller, seen))[0] for labeller, read in readers], axis=1)

    compiled = compile_forward(lambda latents: _with_jacobian(score, latents), 1)
    return lambda latents: compiled(np.asarray(latents, np.float32))


def _differentiable(network: LoadedGenerator | LoadedLabeller, name: str) -> Callable:
    """What a network computes of tensors, by the name of its field."""
    function: Callable | None = getattr(network, name, None)
    if function is None:
        raise UserError(
            f"A gradient must lead through every network, and none leads through {network.name}: it is no Keras "
            "network of this project. Take the method 'local'."
        )
    return function


def _with_jacobian(score: Callable, latents):
    """Scores (n, K) and their Jacobian (n, K, latent_dim), by the gradient of one score in each of n · K rows."""
    scores = score(latents)
    n, n_scores = scores.shape
    own = ops.tile(ops.eye(n_scores), (n, 1))
    repeated = ops.repeat(latents, n_scores, axis=0)
    gradients = input_gradients(lambda rows: score(rows) * own, repeated)
    return [scores, ops.reshape(gradients, (n, n_scores, -1))]


def _crop(labeller: LoadedLabeller, images):
    """What a labeller reads of images of any size, as `LoadedLabeller.crop` cuts it out, but not rounded."""
    part = labeller.window or CropWindow(labeller.resolution)
    return images if part == CropWindow(images.shape[1]) else crop_images(images, part)
