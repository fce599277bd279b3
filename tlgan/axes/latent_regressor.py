"""A network that predicts every label score of a latent at once, with its Jacobian, in NumPy alone.

The scores of a picture are no straight function of its latent, so a small network on the same rows predicts
them far better than a linear model, and its gradient says which way an attribute goes at this latent. It is
trained elsewhere (the stage `regress`); here it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Float32s, Floats
from tlgan.axes.regressor_checks import check_layers, check_ranges, check_texts, layer_array, per_attribute
from tlgan.axes.score_predictor import ScorePredictor, ScoresAndJacobian
from tlgan.axes.unit_vectors import real_array
from tlgan.errors import UserError

PER_ATTRIBUTE = ("offsets", "scales", "lowest", "highest", "held_out", "scatter", "straight_held_out")
MAX_CHUNK_ROWS = 4096
MAX_CHUNK_VALUES = 2**23  # of one array of a Jacobian: 32 MiB of float32


@dataclass(frozen=True, eq=False)
class LatentRegressor(ScorePredictor):
    """Networks from latents to scores, of which the mean counts; checked when made, read-only afterwards.

    Each member is a multilayer perceptron: dense layers with the activation GELU between them (Hendrycks and
    Gimpel 2016, arXiv 1606.08415); a prediction is the mean over the members, times `scales`, plus `offsets`.

    Parameters
    ----------
    names : sequence of str, length n_attributes
        An attribute needs no axis of its name, and the order may be another than that of the axes.
    weights : sequence of float32 arrays, shapes (n_members, n_in, n_out)
        One for each layer; the first reads latents, the last gives one number for each attribute and then one
        for each component.
    biases : sequence of float32 arrays, shapes (n_members, n_out)
    offsets, scales : float64 arrays, shape (n_attributes,)
        Mean and standard deviation of the scores over the rows, in label units; 0 and 1 where the scores
        are labels of 0 and 1 and the prediction is a logit.
    lowest, highest : float64 arrays, shape (n_attributes,)
        Smallest and largest prediction over the rows; an edit does not go beyond.
    held_out : float64 array, shape (n_attributes,)
        R² on rows that no training saw, AUC for labels of 0 and 1; NaN where unknown.
    scatter : float64 array, shape (n_attributes,)
        Standard deviation among the members that 99 of 100 of those rows stay below, in `scales`; 0 with one
        member.
    straight_held_out : float64 array, shape (n_attributes,), optional
        What the best straight line reaches on the same rows, in the measure of `held_out`; NaN where unknown.
    component_held_out : float64 array, shape (n_components,), optional
        R² on the same rows of principal components of the pictures, which the network predicts too, each of
        mean 0 and deviation 1: what is in a picture beside the attributes. None by default.
    groups : sequence of sequences of str
        Attributes that say nearly the same: where one is edited, the others of its group may come along.
    generator_sha256 : str
        SHA-256 of the generator's weights; "" where unknown.

    Raises
    ------
    UserError
        Where a field breaks its rule.

    Examples
    --------
    >>> from tlgan.axes.latent_regressor import LatentRegressor
    >>> regressor = LatentRegressor.straight(["Smiling"], [[3.0, 4.0]], [0.5])
    >>> regressor([[1.0, 0.0]]).round(4).tolist()
    [[3.5]]
    """

    names: tuple[str, ...]
    weights: tuple[Float32s, ...]
    biases: tuple[Float32s, ...]
    offsets: Floats
    scales: Floats
    lowest: Floats
    highest: Floats
    held_out: Floats
    scatter: Floats
    straight_held_out: Floats = field(default_factory=lambda: np.zeros(0))
    component_held_out: Floats = field(default_factory=lambda: np.zeros(0))
    groups: tuple[tuple[str, ...], ...] = ()
    generator_sha256: str = ""

    def __post_init__(self) -> None:
        names = tuple(self.names)
        check_texts(names, tuple(self.groups), self.generator_sha256)
        weights = tuple(layer_array("weights", layer, 3) for layer in self.weights)
        biases = tuple(layer_array("biases", layer, 2) for layer in self.biases)
        components = np.array(self.component_held_out, np.float64)
        check_layers(weights, biases, len(names), components)
        fields: dict[str, Any] = {"names": names, "weights": weights, "biases": biases}
        components.flags.writeable = False
        fields["component_held_out"] = components
        fields["groups"] = tuple(tuple(group) for group in self.groups)
        for name in PER_ATTRIBUTE:
            values = getattr(self, name)
            if name == "straight_held_out" and not np.size(values):
                values = np.full(len(names), np.nan)
            fields[name] = per_attribute(name, values, names)
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        check_ranges(names, self.lowest, self.highest)

    @classmethod
    def straight(cls, names: Sequence[str], gradients: ArrayLike, intercepts: ArrayLike) -> LatentRegressor:
        """A regressor whose predictions are linear: intercepts plus gradients times latent.

        Parameters
        ----------
        names : sequence of str, length n_attributes
        gradients : float array, shape (n_attributes, latent_dim)
        intercepts : float array, shape (n_attributes,)
        """
        slopes = np.asarray(gradients, np.float64)
        scales = np.linalg.norm(slopes, axis=1)
        scales[scales == 0] = 1.0
        offsets = np.asarray(intercepts, np.float64)
        reach = 10 * scales
        unknown = np.full(len(scales), np.nan)
        return cls(
            names=tuple(names),
            weights=((slopes / scales[:, None]).T[None].astype(np.float32),),
            biases=(np.zeros((1, len(scales)), np.float32),),
            offsets=offsets,
            scales=scales,
            lowest=offsets - reach,
            highest=offsets + reach,
            held_out=unknown,
            scatter=np.zeros(len(scales)),
        )

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.weights[0].shape[1])

    @property
    def n_members(self) -> int:
        """Number of networks whose mean is the prediction."""
        return int(self.weights[0].shape[0])

    def __call__(self, latents: ArrayLike) -> Floats:
        """Predict the scores of latents, in label units, float64 of shape (n, n_attributes).

        Latents are as the generator sees them: of length sqrt(latent_dim) where the prior is the sphere.
        """
        scores: Floats = self.member_scores(latents).mean(axis=0)
        return scores

    def member_scores(self, latents: ArrayLike) -> Floats:
        """Predictions of each member, in label units, float64 of shape (n_members, n, n_attributes)."""
        layers = list(zip(self.weights, self.biases, strict=True))
        outputs = member_outputs(layers, self._rows(latents))[:, :, : len(self.names)]
        scores: Floats = outputs.astype(np.float64) * self.scales + self.offsets
        return scores

    def disagreement(self, latents: ArrayLike) -> Floats:
        """Standard deviation among the members, in `scales`, shape (n, n_attributes)."""
        if self.n_members == 1:
            return super().disagreement(latents)
        spread: Floats = self.member_scores(latents).std(axis=0) / self.scales
        return spread

    def with_jacobian(self, latents: ArrayLike, *, components: bool = False) -> ScoresAndJacobian:
        """Predicted scores and their gradients, both in label units.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim)
        components : bool
            Whether the components of the pictures follow the attributes.

        Returns
        -------
        ScoresAndJacobian
        """
        rows = self._rows(latents)
        widest = max(weight.shape[2] for weight in self.weights)
        outputs = len(self.names) + (self.n_components if components else 0)
        chunk = max(1, MAX_CHUNK_VALUES // (self.n_members * outputs * widest))
        parts = [
            self._chunk_jacobian(rows[start : start + chunk], outputs) for start in range(0, len(rows), chunk)
        ]
        return ScoresAndJacobian(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _chunk_jacobian(self, rows: Float32s, outputs: int) -> tuple[Floats, Floats]:
        hidden, slopes = rows[None], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            before = hidden @ weight + bias[:, None]
            below = _normal_distribution(before)
            density = np.exp(-0.5 * before * before) * np.float32(1 / np.sqrt(2 * np.pi))
            slopes.append(below + before * density)
            hidden = before * below
        last = self.weights[-1][:, :, :outputs]
        scores = (hidden @ last + self.biases[-1][:, None, :outputs]).mean(axis=0)
        # From the scores back to the latent, one row for each output.
        back = np.swapaxes(last, 1, 2)[:, None]
        for weight, slope in zip(self.weights[-2::-1], slopes[::-1], strict=True):
            back = (back * slope[:, :, None]) @ np.swapaxes(weight, 1, 2)[:, None]
        mean = np.broadcast_to(back.mean(axis=0), (len(rows), outputs, self.latent_dim))
        scales, offsets = np.ones(outputs), np.zeros(outputs)
        scales[: len(self.names)], offsets[: len(self.names)] = self.scales, self.offsets
        return (
            scores.astype(np.float64) * scales + offsets,
            mean.astype(np.float64) * scales[:, None],
        )

    def _rows(self, latents: ArrayLike) -> Float32s:
        rows = real_array("latents", latents, 2)
        if rows.shape[1] != self.latent_dim:
            raise UserError(
                f"`latents` must have the latent size of the regressor ({self.latent_dim}). Got {rows.shape[1]}."
            )
        if not np.isfinite(rows).all():
            raise UserError("`latents` must be finite. Got NaN or infinity.")
        return rows.astype(np.float32)


def member_outputs(layers: Sequence[tuple[Float32s, Float32s]], latents: Float32s) -> Float32s:
    """What each member's last layer gives, shape (n_members, n, n_outputs).

    Parameters
    ----------
    layers : sequence of pairs, weights (n_members, n_in, n_out) and biases (n_members, n_out)
    latents : float32 array, shape (n, latent_dim)
    """
    parts = []
    for start in range(0, len(latents), MAX_CHUNK_ROWS):
        hidden = latents[None, start : start + MAX_CHUNK_ROWS]
        for number, (weight, bias) in enumerate(layers):
            hidden = hidden @ weight + bias[:, None]
            if number < len(layers) - 1:
                hidden = hidden * _normal_distribution(hidden)
        parts.append(hidden)
    return np.concatenate(parts, axis=1)


def _normal_distribution(values: Float32s) -> Float32s:
    from scipy.special import ndtr  # loaded with the first prediction: reading axes does without SciPy

    below: Float32s = ndtr(values)
    return below
