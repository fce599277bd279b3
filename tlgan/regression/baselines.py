"""Directions by earlier methods, to compare with: TL-GAN, mean differences, InterFaceGAN."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from tlgan.array_types import Floats
from tlgan.errors import UserError

CLIP = 3.0  # of the scores' arctanh, in the original TL-GAN


def arctanh_least_squares(latents: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """Directions by least squares on clipped arctanh scores: the original TL-GAN.

    Parameters
    ----------
    latents : float array, shape (n_samples, latent_dim)
    probabilities : float array, shape (n_samples, n_attributes)
        0 to 1.

    Returns
    -------
    float64 array, shape (n_attributes, latent_dim)
        Unit rows.

    Notes
    -----
    The score of a labeller that ends in tanh is 2 p - 1, and arctanh(2 p - 1) is half the logit of p;
    it is clipped to ±3.
    """
    design, scores = _inputs(latents, probabilities)
    responses = np.arctanh(np.clip(2 * scores - 1, -np.tanh(CLIP), np.tanh(CLIP)))
    design = design - design.mean(axis=0)
    solution = np.linalg.lstsq(design, responses - responses.mean(axis=0), rcond=None)[0]
    return _unit(solution.T)


def mean_difference(latents: npt.ArrayLike, decisions: npt.ArrayLike) -> Floats:
    """Directions from the mean latent without an attribute to the mean latent with it.

    Parameters
    ----------
    latents : float array, shape (n_samples, latent_dim)
    decisions : bool or float array, shape (n_samples, n_attributes)
        Above 0.5 is "with".

    Returns
    -------
    float64 array, shape (n_attributes, latent_dim)
        Unit rows.

    Raises
    ------
    UserError
        For an attribute that all samples have, or none.

    Notes
    -----
    Vector arithmetic of Radford, Metz, Chintala, arXiv 1511.06434, section 6.3.2.
    """
    design, scores = _inputs(latents, decisions)
    positive = (scores > 0.5).astype(np.float64)
    counts = positive.sum(axis=0)
    for column in np.flatnonzero((counts == 0) | (counts == len(design))):
        raise UserError(
            "`decisions` must hold samples with and without each attribute. "
            f"Column {column} has {int(counts[column])} with it of {len(design)}."
        )
    with_it = positive.T @ design / counts[:, None]
    without = (1 - positive).T @ design / (len(design) - counts)[:, None]
    return _unit(with_it - without)


def extreme_svm(latents: npt.ArrayLike, scores: npt.ArrayLike, share: float = 0.02) -> Floats:
    """Normals of linear support vector machines on the lowest and highest scores.

    Parameters
    ----------
    latents : float array, shape (n_samples, latent_dim)
    scores : float array, shape (n_samples, n_attributes)
        Logits, probabilities or values; their order counts.
    share : float
        Of the samples at each end: above 0, at most 0.5.

    Returns
    -------
    float64 array, shape (n_attributes, latent_dim)
        Unit rows.

    Raises
    ------
    UserError
        For a share out of range.

    Notes
    -----
    InterFaceGAN (Shen et al., arXiv 1907.10786, section 4.1), whose code trains on 70 % of the two
    ends and keeps the rest for a test; here all of both ends train.
    """
    design, responses = _inputs(latents, scores)
    if not 0 < share <= 0.5:
        raise UserError(f"`share` must be above 0 and at most 0.5. Got {share}.")
    count = max(int(share * len(design)), 1)
    labels = np.repeat([0, 1], count)
    normals = []
    for column in responses.T:
        order = np.argsort(column, kind="stable")
        machine = SVC(kernel="linear").fit(design[np.r_[order[:count], order[-count:]]], labels)
        normals.append(machine.coef_[0])
    return _unit(np.array(normals))


def _inputs(latents: npt.ArrayLike, responses: npt.ArrayLike) -> tuple[Floats, Floats]:
    design, targets = np.asarray(latents, dtype=np.float64), np.asarray(responses, dtype=np.float64)
    if design.ndim != 2 or targets.ndim != 2 or len(design) != len(targets) or len(design) < 2:
        raise UserError(
            "`latents` and responses must be two-dimensional with one row per sample, two at least. "
            f"Got {design.shape} and {targets.shape}."
        )
    if not np.isfinite(design).all() or not np.isfinite(targets).all():
        raise UserError("`latents` and responses must be finite. Leave out rows with missing values.")
    return design, targets


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return units
