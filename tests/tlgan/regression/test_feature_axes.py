"""FeatureAxes finds planted axes, equals `fit_glms`, and behaves as scikit-learn's estimators do."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import tlgan
from tlgan import FeatureAxes, edit_latents, fit_glms, orthogonalize_axes, read_axes, write_axes
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError

PAGE = Path(__file__).parents[3] / "docs/how-to/notebooks.md"
# Checks that scikit-learn has beside those of `check_estimator`.
FURTHER_CHECKS = (
    "check_get_feature_names_out_error",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_dataframe_column_names_consistency",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_global_output_transform_pandas",
)


def planted(n_samples=3000, latent_dim=16, n_attributes=3, noise=1.0, seed=0):
    """Sphere latents, noisy continuous labels, true coefficients."""
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((n_samples, latent_dim))
    latents *= np.sqrt(latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = rng.standard_normal((n_attributes, latent_dim))
    truth *= 2 / np.linalg.norm(truth, axis=1, keepdims=True)
    labels = latents @ truth.T + [1.0, -1.0, 0.0][:n_attributes]
    return latents, labels + noise * rng.standard_normal(labels.shape), truth


def mixed(n_samples=1500):
    """Latents and one column of labels of every kind: 0 and 1, logits, values, categories."""
    latents, labels, _ = planted(n_samples, n_attributes=3)
    codes = np.digitize(labels[:, 0], [0, 2]) * 10.0
    return latents, np.column_stack([labels[:, 2] > 0, labels[:, 1], labels[:, 0], codes])


MIXED = {
    "attribute_names": ["Smiling", "Male", "Age", "Hair"],
    "kinds": ["binary", "binary", "continuous", "categorical"],
}


def angles(directions, truth):
    cosines = (directions * truth).sum(axis=1) / np.linalg.norm(truth, axis=1)
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


# Truth


@pytest.mark.parametrize("family", ["huber", "gaussian", "binomial"])
def test_planted_axes_are_found_within_their_angular_errors(family):
    latents, labels, truth = planted()
    if family == "binomial":
        labels = labels > 0
    model = FeatureAxes(family=family).fit(latents, labels)
    found = angles(model.directions_, truth)
    assert (model.angular_errors_ < 10).all()
    assert (found < 1.6 * model.angular_errors_).all()
    assert (found > 0.4 * model.angular_errors_).all()


def test_noiseless_labels_are_predicted_exactly():
    latents, labels, truth = planted(noise=0)
    model = FeatureAxes(family="gaussian").fit(latents, labels)
    np.testing.assert_allclose(model.coef_, truth, rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.slopes_, 2, rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.intercept_, [1, -1, 0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.predict(latents), labels, rtol=0, atol=1e-10)
    assert model.score(latents, labels) == pytest.approx(1, abs=1e-12)


# Equality with the fit of the library


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"family": "gaussian", "covariance": "model"},
        {"ridge": 0.1, "held_out": 0.3, "seed": 5},
        {"ridge": "held-out"},
        {"family": ["huber", "gaussian", "huber", "binomial"], "held_out": 0},
    ],
)
def test_attributes_equal_fit_glms(options):
    latents, labels = mixed()
    model = FeatureAxes(**MIXED, **options).fit(latents, labels)
    fits = fit_glms(latents, labels, MIXED["attribute_names"], MIXED["kinds"], **options)
    for ours, theirs in {
        "coef_": "coefficients",
        "intercept_": "intercepts",
        "standard_errors_": "standard_errors",
        "angular_errors_": "angular_errors",
        "held_out_": "held_out",
        "slopes_": "slopes",
        "directions_": "directions",
    }.items():
        np.testing.assert_allclose(getattr(model, ours), getattr(fits, theirs), rtol=1e-12, atol=1e-12)
    assert model.flags_ == fits.flags
    assert tuple(model.get_feature_names_out()) == fits.names
    np.testing.assert_allclose(
        model.transform(latents), latents @ fits.coefficients.T + fits.intercepts, rtol=0, atol=1e-12
    )


def test_float32_latents_equal_fit_glms():
    latents, labels = mixed()
    latents = latents.astype(np.float32)
    fits = fit_glms(latents, labels, MIXED["attribute_names"], MIXED["kinds"])
    model = FeatureAxes(**MIXED).fit(latents, labels)
    np.testing.assert_allclose(model.coef_, fits.coefficients, rtol=0, atol=1e-12)
    assert model.transform(latents).dtype == np.float64


# Predictions and scores


def test_predict_has_the_form_of_the_labels():
    latents, labels = mixed()
    model = FeatureAxes(**MIXED).fit(latents, labels)
    scores, predicted = model.transform(latents), model.predict(latents)
    assert scores.shape == (len(latents), 6)
    assert predicted.shape == labels.shape
    np.testing.assert_allclose(predicted[:, 0], 1 / (1 + np.exp(-scores[:, 0])))  # probabilities of labels
    np.testing.assert_array_equal(predicted[:, 1:3], scores[:, 1:3])  # logits of logits, values of values
    np.testing.assert_array_equal(predicted[:, 3], 10 * scores[:, 3:].argmax(axis=1))
    assert np.mean(predicted[:, 3] == labels[:, 3]) > 0.6


def test_one_column_of_labels_may_be_one_dimensional():
    latents, labels, _ = planted(n_attributes=1)
    flat, tall = FeatureAxes().fit(latents, labels[:, 0]), FeatureAxes().fit(latents, labels)
    assert flat.predict(latents).shape == (len(latents),)
    assert tall.predict(latents).shape == (len(latents), 1)
    assert flat.transform(latents).shape == tall.transform(latents).shape == (len(latents), 1)
    assert flat.coef_.shape == (1, 16)
    np.testing.assert_array_equal(flat.coef_, tall.coef_)


def test_score_is_the_mean_of_areas_and_explained_variances():
    latents, labels = mixed()
    model = FeatureAxes(**MIXED).fit(latents[:1000], labels[:1000])
    latents, labels = latents[1000:], labels[1000:].copy()
    scores = model.transform(latents)
    expected = [
        roc_auc_score(labels[:, 0], scores[:, 0]),
        roc_auc_score(labels[:, 1] > 0, scores[:, 1]),
        r2_score(labels[:, 2], scores[:, 2]),
        *(roc_auc_score(labels[:, 3] == code, scores[:, 3 + row]) for row, code in enumerate([0, 10, 20])),
    ]
    assert model.score(latents, labels) == pytest.approx(np.mean(expected), abs=1e-12)
    labels[:, [0, 1, 3]] = np.nan
    assert model.score(latents, labels) == pytest.approx(expected[2], abs=1e-12)
    assert np.isnan(model.score(latents, np.full_like(labels, np.nan)))


def test_score_of_the_held_out_rows_is_that_of_the_fit():
    from tlgan.regression.streaming.row_stream import held_out_rows

    latents, labels = mixed()
    model = FeatureAxes(**MIXED, held_out=0.4, seed=3).fit(latents, labels)
    held = held_out_rows(0, len(latents), 0.4, 3)
    assert model.score(latents[held], labels[held]) == pytest.approx(model.held_out_.mean(), abs=1e-12)


# Unknown labels


def test_unknown_labels_cost_rows_of_their_attribute_alone():
    latents, labels, _ = planted()
    holes = labels.copy()
    holes[::3, 1] = np.nan
    known = ~np.isnan(holes[:, 1])
    model = FeatureAxes(held_out=0).fit(latents, holes)
    whole = FeatureAxes(held_out=0).fit(latents, labels)
    part = FeatureAxes(held_out=0).fit(latents[known], labels[known, 1])
    np.testing.assert_allclose(model.coef_[[0, 2]], whole.coef_[[0, 2]], rtol=1e-9)
    np.testing.assert_allclose(model.coef_[1], part.coef_[0], rtol=1e-9)
    assert model.fits_.n_samples.tolist() == [3000, 2000, 3000]


def test_an_attribute_of_which_nothing_is_known_is_predicted_as_nan():
    latents, labels, _ = planted()
    labels[:, 0], labels[:, 2] = np.nan, 7
    model = FeatureAxes().fit(latents, labels)
    assert ["constant response" in flags for flags in model.flags_] == [True, False, True]
    assert np.isnan(model.predict(latents)).all(axis=0).tolist() == [True, False, True]
    assert np.isfinite(model.score(latents, labels))
    with pytest.warns(UserWarning, match="attribute_0 .*; attribute_2"):
        assert model.to_axes(latent_space="sphere").names == ("attribute_1",)


def test_latents_that_are_all_alike_give_the_mean():
    labels = np.arange(20.0)
    model = FeatureAxes(family="gaussian", held_out=0).fit(np.ones((20, 3)), labels)
    np.testing.assert_allclose(model.predict(np.ones((2, 3))), 9.5)


# What scikit-learn asks of an estimator: no check is exempt.


@parametrize_with_checks(
    [FeatureAxes(), FeatureAxes(family="gaussian", ridge="held-out", covariance="model", held_out=0.2)]
)
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize("check", FURTHER_CHECKS)
def test_further_sklearn_checks(check):
    if "pandas" in check or "dataframe" in check:
        pytest.importorskip("pandas")
    getattr(estimator_checks, check)("FeatureAxes", FeatureAxes())


def test_options_survive_clone_and_set_params():
    options = {"family": "gaussian", "ridge": 0.5, "held_out": 0.2, "seed": 4, "covariance": "model"}
    model = FeatureAxes(**MIXED, **options)
    assert model.get_params() == {**MIXED, **options}
    assert clone(model).get_params() == model.get_params()
    assert clone(model).set_params(ridge=1.0).ridge == 1.0
    assert not hasattr(clone(model), "fits_")


def test_a_pickled_model_predicts_the_same():
    latents, labels = mixed()
    model = FeatureAxes(**MIXED).fit(latents, labels)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(latents), model.predict(latents))


def test_a_pipeline_with_a_scaler_predicts_the_same():
    latents, labels, _ = planted()
    alone = FeatureAxes(family="gaussian").fit(latents, labels)
    pipeline = make_pipeline(StandardScaler(), FeatureAxes(family="gaussian")).fit(latents, labels)
    np.testing.assert_allclose(pipeline.predict(latents), alone.predict(latents), rtol=0, atol=1e-10)
    np.testing.assert_allclose(pipeline.transform(latents), alone.transform(latents), rtol=0, atol=1e-10)
    assert pipeline.score(latents, labels) == pytest.approx(alone.score(latents, labels), abs=1e-10)
    assert list(pipeline[-1].get_feature_names_out()) == ["attribute_0", "attribute_1", "attribute_2"]


def test_grid_search_takes_the_ridge_that_predicts_best():
    latents, labels, _ = planted(n_samples=300)
    labels[::7, 0] = np.nan
    search = GridSearchCV(FeatureAxes(held_out=0), {"ridge": [0, 100]}, cv=3).fit(latents, labels)
    assert search.best_params_ == {"ridge": 0}
    grid = GridSearchCV(FeatureAxes(held_out=0), {"ridge": np.arange(2)}, cv=3).fit(latents, labels)
    assert grid.best_score_ == pytest.approx(search.best_score_)
    assert cross_val_score(FeatureAxes(), latents, labels, cv=3).min() > 0.6


# Names


def test_pandas_columns_name_the_attributes():
    pandas = pytest.importorskip("pandas")
    latents, labels = mixed()
    frame = pandas.DataFrame(labels, columns=MIXED["attribute_names"])
    model = FeatureAxes(kinds=MIXED["kinds"]).fit(latents, frame)
    names = ["Smiling", "Male", "Age", "Hair=0", "Hair=10", "Hair=20"]
    assert list(model.get_feature_names_out()) == names
    np.testing.assert_array_equal(model.coef_, FeatureAxes(**MIXED).fit(latents, labels).coef_)
    assert list(model.set_output(transform="pandas").transform(latents).columns) == names
    assert list(FeatureAxes().fit(latents, frame["Age"]).get_feature_names_out()) == ["Age"]
    named = FeatureAxes(attribute_names=["Years"]).fit(latents, frame["Age"])
    assert list(named.get_feature_names_out()) == ["Years"]


def test_pandas_missing_labels_are_unknown():
    pandas = pytest.importorskip("pandas")
    latents, labels, _ = planted()
    labels[::4] = np.nan
    nullable = pandas.DataFrame(labels).astype("Float64")
    np.testing.assert_array_equal(
        FeatureAxes().fit(latents, nullable).coef_, FeatureAxes().fit(latents, labels).coef_
    )


def test_columns_of_zeros_and_ones_are_binary_without_being_told():
    latents, labels = mixed()
    assert FeatureAxes().fit(latents, labels).fits_.kinds == ("binary",) + ("continuous",) * 3
    assert FeatureAxes().fit(latents, labels[:, 0] > 0).fits_.families == ("binomial",)


# Bad input

LATENTS, LABELS, _ = planted(n_samples=60, latent_dim=4, n_attributes=2)
WITH_NAN, WITH_INFINITY = LATENTS.copy(), LABELS.copy()
WITH_NAN[3, 1], WITH_INFINITY[5, 0] = np.nan, np.inf

BAD_INPUT = {
    "latents not finite": ({}, WITH_NAN, LABELS, "Input X contains NaN"),
    "latents of one dimension": ({}, LATENTS[0], LABELS, "Expected 2D array"),
    "one sample": ({}, LATENTS[:1], LABELS[:1], "1 sample"),
    "labels infinite": ({}, LATENTS, WITH_INFINITY, "Input y contains infinity"),
    "labels of three dimensions": ({}, LATENTS, LABELS[None], "dim 3"),
    "labels of another length": ({}, LATENTS, LABELS[:-1], "inconsistent numbers of samples"),
    "labels that are words": ({}, LATENTS, ["yes"] * 60, "could not convert string"),
    "no label known": ({}, LATENTS, LABELS * np.nan, "^`y` must hold labels, .* All are NaN"),
    "no labels": ({}, LATENTS, None, "requires y to be passed"),
    "too few names": ({"attribute_names": ["a"]}, LATENTS, LABELS, r"^`attribute_names` must .*Got \['a'\]"),
    "one name twice": (
        {"attribute_names": ["a", "a"]},
        LATENTS,
        LABELS,
        "^`attribute_names` must differ. Got 'a' twice",
    ),
    "one text as names": ({"attribute_names": "ab"}, LATENTS, LABELS, "^`attribute_names` must .* Got 'ab'"),
    "unknown kind": ({"kinds": "colour"}, LATENTS, LABELS, "^`kinds` must be of .* Got 'colour'"),
    "too many kinds": ({"kinds": ["binary"] * 3}, LATENTS, LABELS, r"^`kinds` must .* \(2\)"),
    "kinds of numbers": ({"kinds": 3}, LATENTS, LABELS, "^`kinds` must .* Got 3"),
    "unknown family": ({"family": "poisson"}, LATENTS, LABELS, "^`family` must be of .* Got 'poisson'"),
    "no family": ({"family": None}, LATENTS, LABELS, "^`family` must .* Got None"),
    "values as probabilities": (
        {"kinds": "binary", "family": "binomial"},
        LATENTS,
        LABELS,
        "^`y` of the binary 'attribute_0' must be from 0 to 1",
    ),
    "fractions as categories": ({"kinds": "categorical"}, LATENTS, LABELS, "^`y` of the categorical"),
    "negative ridge": ({"ridge": -1.0}, LATENTS, LABELS, "^`ridge` must be a number from 0 on"),
    "unknown ridge": ({"ridge": "auto"}, LATENTS, LABELS, "^`ridge` must be a number from 0 on"),
    "ridge without held-out rows": (
        {"ridge": "held-out", "held_out": 0},
        LATENTS,
        LABELS,
        "^`held_out` must be above 0",
    ),
    "all held out": ({"held_out": 1.0}, LATENTS, LABELS, "^`held_out` must be at least 0 and below 1"),
    "held out in words": ({"held_out": "some"}, LATENTS, LABELS, "^`held_out` must be a number. Got 'some'"),
    "fractional seed": ({"seed": 0.5}, LATENTS, LABELS, "^`seed` must be a whole number. Got 0.5"),
    "unknown covariance": ({"covariance": "HC3"}, LATENTS, LABELS, "^`covariance` must be one of"),
}


@pytest.mark.parametrize(("options", "latents", "labels", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_of_fit_is_a_value_error(options, latents, labels, message):
    with pytest.raises(ValueError, match=message) as refused:
        FeatureAxes(**options).fit(latents, labels)
    if message.startswith("^`"):
        assert isinstance(refused.value, UserError)


def test_bad_input_after_fit_is_a_value_error():
    model = FeatureAxes().fit(LATENTS, LABELS)
    for method in (model.transform, model.predict):
        with pytest.raises(ValueError, match="X has 3 features, but FeatureAxes is expecting 4"):
            method(LATENTS[:, :3])
        with pytest.raises(ValueError, match="Input X contains NaN"):
            method(WITH_NAN)
    with pytest.raises(UserError, match=r"^`y` must have one column per attribute \(2\)\. Got 1\."):
        model.score(LATENTS, LABELS[:, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(LATENTS, LABELS[:-1])
    with pytest.raises(UserError, match=r"^`latent_space` must be one of"):
        model.to_axes(latent_space="torus")
    with pytest.raises(UserError, match=r"^`units` must name continuous"):
        model.to_axes(latent_space="sphere", units={"Age": "years"})


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.transform(LATENTS),
        lambda model: model.predict(LATENTS),
        lambda model: model.score(LATENTS, LABELS),
        lambda model: model.get_feature_names_out(),
        lambda model: model.to_axes(latent_space="sphere"),
    ],
)
def test_a_model_that_is_not_fitted_says_so(use):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        use(FeatureAxes())


# Axes


def test_axes_can_be_written_made_orthogonal_and_edited_with(tmp_path):
    latents, labels, _ = planted()
    model = FeatureAxes(attribute_names=["Age", "Height", "Weight"]).fit(latents, labels)
    axes = model.to_axes(latent_space="sphere", units={"Age": "years"})
    write_axes(orthogonalize_axes(axes, base=["Age"]), tmp_path / "mine.axes.h5")
    axes = read_axes(tmp_path / "mine.axes.h5")
    assert (axes.method, axes.base, axes.units) == ("project", ("Age",), ("years", "", ""))
    np.testing.assert_allclose(predictors(axes, latents), model.transform(latents), rtol=0, atol=1e-10)
    edited = edit_latents(axes, latents[:5], {"Height": 1.5}, lock=["Weight"])
    change = model.predict(edited) - model.predict(latents[:5])
    np.testing.assert_allclose(change, [[0, 1.5, 0]] * 5, rtol=0, atol=1e-8)


# Package and pages


def test_import_of_the_package_loads_no_sklearn():
    code = "import sys, tlgan; assert 'sklearn' not in sys.modules; assert 'FeatureAxes' in dir(tlgan)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(tlgan.__file__).parents[1])


def test_the_notebook_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    assert len(text.split()) <= 250
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert read_axes("mine.axes.h5").names == ("Smiling", "Age")
    assert names["model"].held_out_.min() > 0.7
    aged = names["model"].predict(names["older"]) - names["model"].predict(names["latents"][:3])
    np.testing.assert_allclose(aged, [[0, 10]] * 3, rtol=0, atol=1e-8)
