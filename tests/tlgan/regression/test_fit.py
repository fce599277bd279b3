"""Fits on constructed truth, beside statsmodels, with what they flag and what they refuse."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import statsmodels.api as sm

from tlgan.errors import UserError
from tlgan.regression import fit as module
from tlgan.regression.fit import fit_glms, probabilities

NAMES = ["smile", "beard", "hat"]
KINDS = ["binary"] * 3


def planted(n_samples=3000, latent_dim=12, n_attributes=3, noise=1.0, seed=0):
    """Sphere latents, noisy logits with the last column partly missing, true coefficients."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n_samples, latent_dim))
    latents *= np.sqrt(latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = generator.standard_normal((n_attributes, latent_dim))
    truth *= 2 / np.linalg.norm(truth, axis=1, keepdims=True)
    noises = noise * generator.standard_normal((n_samples, n_attributes))
    logits = latents @ truth.T + np.linspace(-2, 1, n_attributes) + noises
    logits[::5, -1] = np.nan
    return latents.astype(np.float32), logits, truth


def labels(logits):
    return np.where(np.isnan(logits), np.nan, logits > 0)


def angles(directions, truth):
    cosines = (directions * truth).sum(axis=1) / np.linalg.norm(truth, axis=1)
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


@pytest.mark.parametrize("covariance", ["robust", "model"])
@pytest.mark.parametrize("family", ["gaussian", "binomial on probabilities", "binomial on labels"])
def test_fit_glms_equals_statsmodels(family, covariance):
    latents, responses, _ = planted()
    latents += np.float32(0.5)
    if family != "gaussian":
        responses = probabilities(responses, KINDS) if "probabilities" in family else labels(responses)
    fits = fit_glms(
        latents, responses, NAMES, KINDS, family=family.split()[0], held_out=0, covariance=covariance
    )
    design = sm.add_constant(latents.astype(np.float64))
    for index in range(3):
        known = ~np.isnan(responses[:, index])
        theirs = sm.families.Gaussian() if family == "gaussian" else sm.families.Binomial()
        reference = sm.GLM(responses[known, index], design[known], family=theirs).fit(
            tol=1e-13, cov_type="HC0" if covariance == "robust" else "nonrobust"
        )
        np.testing.assert_allclose(fits.coefficients[index], reference.params[1:], rtol=1e-6)
        np.testing.assert_allclose(fits.intercepts[index], reference.params[0], rtol=1e-6)
        np.testing.assert_allclose(fits.standard_errors[index], reference.bse[1:], rtol=1e-4)
        np.testing.assert_allclose(fits.intercept_standard_errors[index], reference.bse[0], rtol=1e-4)


def test_fit_glms_equals_statsmodels_for_forty_attributes():
    latents, logits, _ = planted(n_samples=1500, latent_dim=20, n_attributes=40)
    names = [f"attribute {index}" for index in range(40)]
    fits = fit_glms(
        latents, labels(logits), names, ["binary"] * 40, family="binomial", held_out=0, chunk_rows=512
    )
    design = sm.add_constant(latents.astype(np.float64))
    for index in range(0, 39, 6):
        reference = sm.GLM(logits[:, index] > 0, design, family=sm.families.Binomial()).fit(
            tol=1e-13, cov_type="HC0"
        )
        length = np.linalg.norm(reference.params)
        np.testing.assert_allclose(fits.coefficients[index], reference.params[1:], rtol=0, atol=1e-7 * length)
        np.testing.assert_allclose(fits.standard_errors[index], reference.bse[1:], rtol=1e-4)


def test_huber_equals_statsmodels():
    latents, logits, _ = planted(noise=0)
    logits += 0.5 * np.random.default_rng(1).standard_t(2, logits.shape)
    fits = fit_glms(latents, logits, NAMES, KINDS, family="huber", held_out=0, covariance="model")
    design = sm.add_constant(latents.astype(np.float64))
    reference = sm.RLM(logits[:, 0], design, M=sm.robust.norms.HuberT()).fit(
        tol=1e-12, maxiter=500, conv="coefs", update_scale=False
    )
    np.testing.assert_allclose(fits.coefficients[0], reference.params[1:], rtol=1e-6)
    np.testing.assert_allclose(fits.standard_errors[0], reference.bse[1:], rtol=1e-4)
    np.testing.assert_allclose(fits.intercept_standard_errors[0], reference.bse[0], rtol=1e-4)


def test_least_squares_golden_number():
    latents, logits, truth = planted()
    fits = fit_glms(latents, logits, NAMES, KINDS, family="gaussian")
    assert angles(fits.directions, truth) == pytest.approx([2.44, 2.16, 1.34], abs=0.01)
    assert fits.coefficients[0, 0] == pytest.approx(0.3811667304530155, rel=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "huber"])
def test_fit_glms_finds_planted_axes(family):
    latents, logits, truth = planted(n_samples=4000)
    responses = probabilities(logits, KINDS) if family == "binomial" else logits
    fits = fit_glms(latents, responses, NAMES, KINDS, family=family)
    assert (angles(fits.directions, truth) < 3).all()
    assert (fits.held_out > 0.85).all()
    assert (fits.adjusted_p_values < 1e-10).all()
    assert fits.flags == ((), (), ())
    assert fits.n_samples[2] < 0.85 * fits.n_samples[0]


@pytest.mark.parametrize("family", ["gaussian", "binomial", "huber"])
def test_chunks_and_hdf5_do_not_change_a_fit(family, tmp_path):
    latents, logits, _ = planted(n_samples=700)
    responses = probabilities(logits, KINDS) if family == "binomial" else logits
    whole = fit_glms(latents, responses, NAMES, KINDS, family=family)
    with h5py.File(tmp_path / "samples.h5", "w") as file:
        file["latents"], file["responses"] = latents, responses
        streamed = fit_glms(file["latents"], file["responses"], NAMES, KINDS, family=family, chunk_rows=64)
    np.testing.assert_allclose(streamed.coefficients, whole.coefficients, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(streamed.standard_errors, whole.standard_errors, rtol=1e-5)
    np.testing.assert_allclose(streamed.held_out, whole.held_out, rtol=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_missing_responses_leave_out_rows_of_their_attribute_alone(family):
    latents, logits, _ = planted(n_samples=600)
    responses = labels(logits) if family == "binomial" else logits
    known = ~np.isnan(responses[:, 2])
    together = fit_glms(latents, responses, NAMES, KINDS, family=family, held_out=0)
    alone = fit_glms(latents[known], responses[known, 2:], ["hat"], ["binary"], family=family, held_out=0)
    np.testing.assert_allclose(together.coefficients[2], alone.coefficients[0], rtol=1e-6)
    np.testing.assert_allclose(together.standard_errors[2], alone.standard_errors[0], rtol=1e-5)
    assert together.n_samples[2] == known.sum()


def test_latents_of_rows_without_responses_do_not_matter():
    latents, logits, _ = planted(n_samples=600)
    logits[:3] = np.nan
    expected = fit_glms(latents, logits, NAMES, KINDS)
    latents[:3] = [[np.nan], [1e30], [np.inf]]
    np.testing.assert_allclose(fit_glms(latents, logits, NAMES, KINDS).coefficients, expected.coefficients)


def test_families_may_differ_by_attribute():
    latents, logits, _ = planted()
    responses = np.column_stack([logits[:, 0], labels(logits[:, 1]), 30 + 5 * logits[:, 0]])
    fits = fit_glms(
        latents,
        responses,
        ["smile", "marked", "age"],
        ["binary", "binary", "continuous"],
        family=["gaussian", "binomial", "binomial"],
    )
    assert fits.families == ("gaussian", "binomial", "gaussian")
    np.testing.assert_allclose(fits.coefficients[2], 5 * fits.coefficients[0], rtol=1e-9)
    assert np.isnan(fits.base_rates).tolist() == [False, False, True]
    residual_share = 1 / (1 + 4)  # noise of variance 1 beside a slope of 2
    assert fits.held_out[2] == pytest.approx(1 - residual_share, abs=0.05)


@pytest.mark.parametrize("family", ["gaussian", "huber"])
def test_labels_among_logits_are_fitted_as_labels(family):
    latents, logits, _ = planted()
    responses = np.column_stack([logits[:, 0], labels(logits)[:, 2]])
    fits = fit_glms(latents, responses, ["smile", "marked"], ["binary"] * 2, family=family)
    expected = fit_glms(latents, responses[:, 1:], ["marked"], ["binary"], family="binomial")
    assert fits.families == (family, "binomial")
    np.testing.assert_allclose(fits.coefficients[1], expected.coefficients[0], rtol=1e-6)
    assert fits.held_out[1] == pytest.approx(expected.held_out[0])


def test_categories_are_fitted_one_against_the_rest():
    latents, logits, _ = planted()
    codes = np.argmax(logits[:, :2], axis=1).astype(float)
    codes[latents[:, 0] > 1.5] = 7
    codes[0] = np.nan
    fits = fit_glms(latents, codes[:, None], ["colour"], ["categorical"])
    assert fits.names == ("colour=0", "colour=1", "colour=7")
    assert set(fits.kinds) == {"categorical"}
    assert set(fits.families) == {"binomial"}
    second = np.where(np.isnan(codes), np.nan, codes == 1)[:, None]
    single = fit_glms(latents, second, ["a"], ["binary"], family="binomial")
    np.testing.assert_allclose(fits.coefficients[1], single.coefficients[0], rtol=1e-6)
    assert fits.base_rates.sum() == pytest.approx(1)


def test_complete_separation_is_flagged():
    latents, _, truth = planted(n_samples=400)
    responses = (latents @ truth[:1].T > 0).astype(float)
    fits = fit_glms(latents, responses, ["smile"], ["binary"], family="binomial")
    assert module.SEPARATION in fits.flags[0]
    assert fits.angular_errors[0] == 90
    assert np.isnan(fits.standard_errors[0]).all()
    assert np.isfinite(fits.coefficients).all()


def test_separation_along_one_column_is_flagged():
    latents, logits, _ = planted(n_samples=1000)
    latents[:, 3] = (logits[:, 0] > 0) & (latents[:, 3] > 0)  # only ever 1 among the positives
    fits = fit_glms(latents, labels(logits)[:, :1], ["smile"], ["binary"], family="binomial")
    assert module.SEPARATION in fits.flags[0]


def test_lost_rank_is_flagged_and_its_error_unknown():
    latents, logits, _ = planted(n_samples=500)
    latents[:, 5] = latents[:, 4]
    for family, responses in (("gaussian", logits), ("binomial", labels(logits)), ("huber", logits)):
        fits = fit_glms(latents, responses, NAMES, KINDS, family=family)
        assert all(module.RANK_LOSS in flags for flags in fits.flags)
        assert np.isfinite(fits.coefficients).all()
        assert (fits.angular_errors == 90).all()
        np.testing.assert_allclose(fits.coefficients[:, 4], fits.coefficients[:, 5], rtol=1e-6)


def test_fewer_samples_than_dimensions_are_flagged():
    latents, logits, _ = planted(n_samples=30, latent_dim=40)
    fits = fit_glms(latents, logits, NAMES, KINDS)
    assert all(module.RANK_LOSS in flags for flags in fits.flags)
    assert np.isnan(fits.p_values).all()
    assert (fits.adjusted_p_values == 1).all()


def test_ridge_states_an_error_with_fewer_samples_than_dimensions():
    latents, logits, truth = planted(n_samples=60, latent_dim=80)
    fits = fit_glms(latents, logits, NAMES, KINDS, ridge=1.0)
    assert (fits.angular_errors < 80).all()
    assert (np.abs(angles(fits.directions, truth) - fits.angular_errors) < 20).all()


def test_few_labels_are_flagged():
    latents, logits, _ = planted(n_samples=2000)
    shifted = logits - np.nanquantile(logits, [0.99, 0.01, 0.5], axis=0)[[0, 1, 2], [0, 1, 2]]
    fits = fit_glms(latents, shifted, NAMES, KINDS)
    assert [module.FEW_POSITIVES in flags for flags in fits.flags] == [True, False, False]
    assert [module.FEW_NEGATIVES in flags for flags in fits.flags] == [False, True, False]
    assert np.isnan(fits.held_out).tolist() == [True, True, False]
    assert np.isnan(fits.held_out_low).tolist() == [True, True, False]
    assert fits.positives[0] + fits.held_out_positives[0] == 20
    assert fits.n_samples[0] + fits.held_out_samples[0] == 2000


def test_positives_are_counted_in_the_part_where_they_are():
    """Four positives with the largest predictions, one of them held out: a score of 1 that means nothing."""
    from tlgan.regression.streaming.row_stream import held_out_rows

    latents, _, _ = planted(n_samples=3000)
    held = held_out_rows(0, 3000, 0.1, 0)
    order = np.argsort(-latents[:, 0])
    chosen = [*order[~held[order]][:3], *order[held[order]][:1]]
    responses = np.full((3000, 1), -1.0)
    responses[chosen] = 1.0
    fits = fit_glms(latents, responses + 0.1 * latents[:, :1], ["Double_Chin"], ["binary"])
    assert (fits.positives[0], fits.held_out_positives[0]) == (3, 1)
    assert fits.flags[0] == (module.FEW_POSITIVES,)
    assert np.isnan(fits.held_out[0])


def test_constant_and_missing_responses_are_flagged():
    latents, logits, _ = planted(n_samples=2000)
    responses = np.column_stack([np.full(2000, 2.0), np.full(2000, np.nan), logits[:, 0]])
    for family in ("gaussian", "huber"):
        fits = fit_glms(latents, responses, NAMES, KINDS, family=family)
        assert module.CONSTANT in fits.flags[0]
        assert module.CONSTANT in fits.flags[1]
        assert fits.flags[2] == ()
        assert (fits.directions[:2] == 0).all()
        assert fits.n_samples[1] == 0


def test_noise_is_at_chance_and_not_significant():
    latents, _, _ = planted(n_samples=2000)
    responses = np.random.default_rng(3).standard_normal((2000, 20))
    fits = fit_glms(latents, responses, [str(i) for i in range(20)], ["binary"] * 20)
    at_chance = sum(module.AT_CHANCE in flags for flags in fits.flags)
    assert at_chance >= 16
    assert (fits.adjusted_p_values > 0.05).all()
    assert (fits.cone_angles == 90).sum() >= 16


def test_without_held_out_rows_nothing_is_scored():
    latents, logits, _ = planted(n_samples=2000)
    fits = fit_glms(latents, logits, NAMES, KINDS, held_out=0)
    assert np.isnan(fits.held_out).all()
    assert np.isnan(fits.held_out_high).all()
    assert fits.flags == ((), (), ())
    assert fits.n_samples[0] == 2000


def test_ridge_equals_the_augmented_least_squares():
    latents, logits, _ = planted(n_samples=300)
    fits = fit_glms(latents, logits[:, :1], ["smile"], ["binary"], family="gaussian", ridge=0.7, held_out=0)
    centred = latents.astype(np.float64) - latents.astype(np.float64).mean(axis=0)
    scatter = centred.T @ centred + 300 * 0.7 * np.eye(12)
    expected = np.linalg.solve(scatter, centred.T @ (logits[:, 0] - logits[:, 0].mean()))
    np.testing.assert_allclose(fits.coefficients[0], expected, rtol=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_ridge_chosen_on_held_out_rows_helps_where_samples_are_few(family):
    latents, logits, truth = planted(n_samples=250, latent_dim=60, noise=3.0)
    responses = labels(logits) if family == "binomial" else logits
    plain = fit_glms(latents, responses, NAMES, KINDS, family=family, held_out=0.3)
    ridged = fit_glms(latents, responses, NAMES, KINDS, family=family, held_out=0.3, ridge="held-out")
    assert (ridged.ridge > 0).all()
    assert angles(ridged.directions, truth).mean() < angles(plain.directions, truth).mean()


def test_ridge_chosen_on_held_out_rows_is_weak_where_samples_are_many():
    latents, logits, _ = planted(n_samples=4000)
    fits = fit_glms(latents, logits, NAMES, KINDS, ridge="held-out")
    assert (fits.ridge <= 0.1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latents": np.zeros(5)}, "`latents` must have shape"),
        ({"latents": np.zeros((0, 3))}, "`latents` must have shape"),
        ({"latents": np.full((20, 3), np.nan)}, "`latents` must be finite. Row "),
        ({"responses": np.zeros((19, 2))}, r"`responses` must have shape \(20, n_attributes\)"),
        ({"responses": np.zeros((20, 0))}, "at least one attribute"),
        ({"responses": np.full((20, 2), np.inf)}, "`responses` must be finite.* Got inf for 'a' in row 0"),
        ({"responses": np.full((20, 2), 1.5), "family": "binomial"}, "from 0 to 1 .* Got 1.5; turn logits"),
        ({"responses": np.full((20, 2), 1.5), "kinds": ["categorical"] * 2}, "whole numbers.* Got 1.5"),
        ({"responses": np.full((20, 2), np.nan), "kinds": ["categorical"] * 2}, "All are missing"),
        ({"names": ["a"]}, r"`names` must have one entry per column of `responses` \(2\). Got 1"),
        ({"names": ["a", "a"]}, "`names` must differ. Got 'a' twice"),
        ({"kinds": ["binary"]}, "`kinds` must have one entry"),
        ({"kinds": ["binary", "odd"]}, "`kinds` must be of binary, continuous, categorical. Got 'odd'"),
        ({"family": "poisson"}, "`family` must be of gaussian, binomial, huber. Got 'poisson'"),
        ({"family": ["gaussian"]}, "`family` must have one entry"),
        ({"covariance": "odd"}, "`covariance` must be one of robust, model. Got 'odd'"),
        ({"held_out": 1.0}, "`held_out` must be at least 0 and below 1. Got 1.0"),
        ({"chunk_rows": 0}, "`chunk_rows` must be at least 1"),
        ({"ridge": -1.0}, "`ridge` must be a number from 0 on"),
        ({"ridge": "strong"}, "`ridge` must be a number from 0 on"),
        ({"ridge": "held-out", "held_out": 0}, "`held_out` must be above 0"),
    ],
)
def test_bad_input_is_refused(change, message):
    generator = np.random.default_rng(0)
    arguments = {
        "latents": generator.standard_normal((20, 3)),
        "responses": generator.standard_normal((20, 2)),
        "names": ["a", "b"],
        "kinds": ["binary"] * 2,
        **change,
    }
    with pytest.raises(UserError, match=message):
        fit_glms(**arguments)


def test_probabilities_turns_logits_alone():
    scores = np.array([[0.0, 40.0, 2.0], [np.log(3.0), 41.0, 1.0], [np.nan, 42.0, 1.0]])
    turned = probabilities(scores, ["binary", "continuous", "categorical"])
    np.testing.assert_allclose(turned, [[0.5, 40.0, 2.0], [0.75, 41.0, 1.0], [np.nan, 42.0, 1.0]])
    assert scores[0, 0] == 0.0


@pytest.mark.parametrize("family", ["gaussian", "binomial on labels"])
def test_cone_holds_the_truth_nineteen_times_in_twenty(family):
    latents, logits, truth = planted(n_samples=1000, latent_dim=10, n_attributes=300, seed=5)
    responses = logits if family == "gaussian" else labels(logits)
    names = [str(index) for index in range(300)]
    fits = fit_glms(latents, responses, names, ["binary"] * 300, family=family.split()[0], held_out=0)
    inside = angles(fits.directions, truth) <= fits.cone_angles
    # Three standard errors of a share of 0.95 among 300.
    assert abs(inside.mean() - 0.95) < 0.038
    assert np.sqrt(np.mean((angles(fits.directions, truth) / fits.angular_errors) ** 2)) == pytest.approx(
        1, abs=0.05
    )


def test_probabilities_leave_labels_alone():
    scores = np.array([[0.0, 2.0, 3.0], [1.0, -2.0, 4.0], [np.nan, 0.0, 5.0]])
    responses = probabilities(scores, ("binary", "binary", "continuous"))
    np.testing.assert_array_equal(responses[:, 0], scores[:, 0])
    np.testing.assert_allclose(responses[:, 1], 1 / (1 + np.exp(-scores[:, 1])))
    np.testing.assert_array_equal(responses[:, 2], scores[:, 2])


@pytest.mark.parametrize("family", ["gaussian", "huber"])
@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1e3, 1e11])
def test_a_fit_is_the_same_in_any_unit(family, scale):
    latents, logits, _ = planted()
    plain, scaled = (
        module.fit_glms(latents, values, list("abc"), ["continuous"] * 3, family=family)
        for values in (logits, logits * scale)
    )
    np.testing.assert_allclose(scaled.directions, plain.directions, atol=1e-6)
    np.testing.assert_allclose(scaled.slopes, plain.slopes * scale, rtol=1e-5)
    np.testing.assert_allclose(scaled.angular_errors, plain.angular_errors, rtol=1e-4)
    assert scaled.flags == plain.flags


@pytest.mark.parametrize("family", ["gaussian", "huber"])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e-8, 1e13, 1e38, 1e99])
def test_responses_of_extreme_size_are_flagged_and_leave_others_alone(family, scale):
    latents, logits, _ = planted()
    logits[:, 1] *= scale
    fits = module.fit_glms(latents, logits, list("abc"), ["continuous"] * 3, family=family)
    assert module.EXTREME in fits.flags[1]
    assert fits.slopes[1] == 0
    assert fits.angular_errors[1] == 90
    assert fits.flags[0] == fits.flags[2] == ()


@pytest.mark.parametrize("scale", [1e-160, 1e-13, 1e14, 1e160])
def test_latents_of_extreme_size_are_refused(scale):
    latents, logits, _ = planted()
    with pytest.raises(UserError, match="`latents` must have numbers of a size from 1e-12 to 1e12"):
        module.fit_glms(latents.astype(float) * scale, logits, list("abc"), ["continuous"] * 3)


@pytest.mark.parametrize("family", ["gaussian", "huber", "binomial"])
@pytest.mark.parametrize("kind", ["binary", "continuous"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_samples_has_a_defined_result(family, kind, count):
    latents, logits, _ = planted(n_samples=count)
    responses = module.probabilities(logits, [kind] * 3) if family == "binomial" else logits
    fits = module.fit_glms(latents, responses, list("abc"), [kind] * 3, family=family, held_out=0)
    assert all(flags for flags in fits.flags)
    assert np.isfinite(fits.coefficients).all()
    assert (fits.angular_errors == 90).all()
