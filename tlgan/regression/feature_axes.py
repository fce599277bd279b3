"""The fit of feature axes as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, TransformerMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.errors import UserError
from tlgan.regression.axes_from_fits import axes_from_fits
from tlgan.regression.axis_columns import find_axis_columns, predict_labels, score_axes
from tlgan.regression.fit import CONSTANT, fit_glms
from tlgan.regression.label_arguments import column_names, fit_options, name_estimator_arguments

# How scikit-learn checks latents, which are finite, and labels, which may be unknown.
LATENT_RULES = {"dtype": [np.float64, np.float32]}
LABEL_RULES = {"dtype": np.float64, "ensure_2d": False, "ensure_all_finite": "allow-nan"}


class FeatureAxes(MultiOutputMixin, RegressorMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Axes of attributes in a latent space, fitted by regression of labels on latents.

    `tlgan.fit_glms` with the interface of scikit-learn, for arrays that fit into memory.

    Parameters
    ----------
    attribute_names : sequence of str, length n_attributes, optional
        Without it, the column names of a pandas `y`, else "attribute_0", "attribute_1" and so on.
    kinds : str or sequence of str, length n_attributes, optional
        "binary", "continuous" or "categorical"; one word stands for all. Without it, a column of
        nothing but 0, 1 and NaN is binary and any other continuous: columns that hold logits or
        probabilities of binary attributes, or codes of categories, need it.
    family : str or sequence of str, length n_attributes
        "huber", "gaussian" or "binomial". Binary columns of 0 and 1 and categorical ones are fitted
        as "binomial" always.
    ridge : float or "held-out"
        Strength of the penalty; "held-out" chooses it for each attribute on the held-out rows.
    held_out : float
        Share of the rows that only serves `held_out_` and the choice of `ridge`: 0 to below 1.
    seed : int
        Of the held-out rows.
    covariance : str
        "robust" or "model": how the standard errors are computed.

    Attributes
    ----------
    directions_ : float64 array, shape (n_axes, n_features_in_)
        Rows of length 1, one per binary or continuous attribute and one per category of the others; a
        row of zeros where no direction was found.
    slopes_ : float64 array, shape (n_axes,)
        Change of the score per unit of the latent along the direction.
    coef_ : float64 array, shape (n_axes, n_features_in_)
        Slopes times directions. Two-dimensional for a one-dimensional `y` too.
    intercept_ : float64 array, shape (n_axes,)
        Score at the latent 0.
    standard_errors_ : float64 array, shape (n_axes, n_features_in_)
        Of `coef_`; NaN where the data do not determine them.
    angular_errors_ : float64 array, shape (n_axes,)
        One standard error of each direction in degrees; 90 where nothing is known.
    held_out_ : float64 array, shape (n_axes,)
        Area under the ROC curve (binary, categorical) or R² (continuous) on the held-out rows.
    flags_ : tuple of tuple of str, length n_axes
        What is wrong with an axis, in words; empty for a sound one.
    fits_ : tlgan.Fits
        Everything that the fit found.
    n_features_in_ : int
        Length of a latent.
    feature_names_in_ : str array, shape (n_features_in_,)
        Only where `X` had column names that are all text.

    See Also
    --------
    tlgan.fit_glms : The same fit of arrays, HDF5 datasets and other tables.

    Notes
    -----
    In a pipeline the directions are those of the latents as the stages before have made them. Axes that
    are to edit latents must be fitted on latents as the generator sees them, without a scaler.

    There is no `sample_weight`: the fit knows none.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan import FeatureAxes
    >>> rng = np.random.default_rng(0)
    >>> latents = rng.standard_normal((2000, 16))
    >>> latents *= 4 / np.linalg.norm(latents, axis=1, keepdims=True)
    >>> ages = 40 + 6 * latents[:, 3] + rng.standard_normal(2000)
    >>> model = FeatureAxes(attribute_names=["Age"]).fit(latents, ages)
    >>> int(np.argmax(model.directions_[0]))
    3
    >>> bool(model.angular_errors_[0] < 1)
    True
    >>> model.to_axes(latent_space="sphere").names
    ('Age',)
    """

    def __init__(
        self,
        *,
        attribute_names: Sequence[str] | None = None,
        kinds: str | Sequence[str] | None = None,
        family: str | Sequence[str] = "huber",
        ridge: float | str = 0.0,
        held_out: float = 0.1,
        seed: int = 0,
        covariance: str = "robust",
    ) -> None:
        self.attribute_names = attribute_names
        self.kinds = kinds
        self.family = family
        self.ridge = ridge
        self.held_out = held_out
        self.seed = seed
        self.covariance = covariance

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> FeatureAxes:
        """Fit one axis per attribute.

        Parameters
        ----------
        X : array, shape (n_samples, n_features)
            Latents as the generator sees them; finite.
        y : array, shape (n_samples,) or (n_samples, n_attributes)
            Labels; NaN where unknown. What a column holds depends on its kind and family, see
            `tlgan.fit_glms`.

        Returns
        -------
        FeatureAxes
            The estimator itself.

        Raises
        ------
        UserError
            A ValueError, for options and labels that break a rule; scikit-learn's own ValueError for
            arrays of a wrong shape or type.
        """
        frame_names = column_names(y)
        latents, labels = validate_data(
            self, X, y, validate_separately=({**LATENT_RULES, "ensure_min_samples": 2}, LABEL_RULES)
        )
        check_consistent_length(latents, labels)
        self._one_dimensional = labels.ndim == 1
        labels = labels.reshape(len(labels), -1)
        if np.isnan(labels).all():
            raise UserError("`y` must hold labels, NaN where unknown. All are NaN.")
        options = fit_options(self.get_params(deep=False), labels, frame_names)
        try:
            fits = fit_glms(latents, labels, **options)
        except UserError as error:
            raise UserError(name_estimator_arguments(str(error))) from error
        self._axis_columns = find_axis_columns(labels, options["kinds"], fits.families)
        self.fits_ = fits
        self.directions_ = fits.directions
        self.slopes_ = fits.slopes
        self.coef_ = fits.coefficients
        self.intercept_ = fits.intercepts
        self.standard_errors_ = fits.standard_errors
        self.angular_errors_ = fits.angular_errors
        self.held_out_ = fits.held_out
        self.flags_ = fits.flags
        return self

    def transform(self, X: npt.ArrayLike) -> Floats:
        """Predict the score of every axis, in label units.

        Parameters
        ----------
        X : array, shape (n_samples, n_features_in_)

        Returns
        -------
        float64 array, shape (n_samples, n_axes)
            Logits of binary attributes and of categories, values of continuous attributes; NaN for an
            attribute whose training labels were all alike or all unknown.
        """
        scores = self._predictors(X)
        scores[:, [CONSTANT in flags for flags in self.flags_]] = np.nan
        return scores

    def predict(self, X: npt.ArrayLike) -> Floats:
        """Predict labels, in the form that `fit` was given.

        Parameters
        ----------
        X : array, shape (n_samples, n_features_in_)

        Returns
        -------
        float64 array, shape (n_samples,) or (n_samples, n_attributes)
            Values of continuous attributes; of binary ones logits, or probabilities where labels or
            probabilities were fitted; the most probable code of categorical ones. NaN as for
            `transform`, except for categories.
        """
        scores = self.transform(X)
        labels = predict_labels(self._axis_columns, scores)
        return labels[:, 0] if self._one_dimensional else labels

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Mean score over the axes: AUC or R², as `held_out_` has them.

        Parameters
        ----------
        X : array, shape (n_samples, n_features_in_)
        y : array, shape (n_samples,) or (n_samples, n_attributes)
            Labels as for `fit`; NaN where unknown.

        Returns
        -------
        float
            Area under the ROC curve of binary attributes and categories, R² of continuous attributes;
            axes whose score cannot be computed are left out. NaN where no axis has a score.
        """
        scores = self._predictors(X)
        labels = check_array(y, input_name="y", **LABEL_RULES)
        check_consistent_length(scores, labels)
        labels = labels.reshape(len(labels), -1)
        n_columns = self._axis_columns.n_columns
        if labels.shape[1] != n_columns:
            raise UserError(f"`y` must have one column per attribute ({n_columns}). Got {labels.shape[1]}.")
        found = score_axes(self._axis_columns, scores, labels)
        return float(np.nanmean(found)) if not np.isnan(found).all() else float("nan")

    def get_feature_names_out(self, input_features: npt.ArrayLike | None = None) -> npt.NDArray[Any]:
        """Names of the axes, which are the columns of `transform`.

        Parameters
        ----------
        input_features : array of str, shape (n_features_in_,), optional
            Only compared with the names that `fit` has seen.

        Returns
        -------
        str array of dtype object, shape (n_axes,)
        """
        check_is_fitted(self)
        if input_features is not None:
            given = np.asarray(input_features, dtype=object)
            seen = getattr(self, "feature_names_in_", None)
            if len(given) != self.n_features_in_:
                raise UserError(
                    "input_features should have length equal to number of features "
                    f"({self.n_features_in_}). Got {len(given)}."
                )
            if seen is not None and not np.array_equal(given, seen):
                raise UserError("input_features is not equal to feature_names_in_. Leave it out.")
        return np.array(self.fits_.names, dtype=object)

    def to_axes(
        self,
        *,
        latent_space: str,
        units: Mapping[str, str] | None = None,
        generator: str = "",
        generator_sha256: str = "",
    ) -> Axes:
        """Turn the fit to axes that can be written, made orthogonal and edited with.

        Parameters
        ----------
        latent_space : str
            "sphere" (latents have length sqrt(n_features_in_)), "normal" or "uniform".
        units, generator, generator_sha256
            As for `tlgan.regression.axes_from_fits.axes_from_fits`.

        Returns
        -------
        Axes
            Axes without a direction are left out, with a warning that names them.

        Raises
        ------
        UserError
            Where no axis has a direction, or `units` names what is no continuous attribute.
        """
        check_is_fitted(self)
        return axes_from_fits(
            self.fits_,
            latent_space=latent_space,
            units=units,
            generator=generator,
            generator_sha256=generator_sha256,
        )

    def _predictors(self, X: npt.ArrayLike) -> Floats:
        """Linear predictors, shape (n_samples, n_axes); 0 where nothing was fitted."""
        check_is_fitted(self)
        latents = validate_data(self, X, reset=False, **LATENT_RULES)
        predictors: Floats = latents @ self.coef_.T + self.intercept_
        return predictors
