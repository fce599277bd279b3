"""Rows of edited pictures: each score in its place, each picture drawn once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import pipelines.evaluation.edited_scores as module
from pipelines.evaluation.edited_scores import ScoringNetworks, rescore
from pipelines.sources.second_judges import shared_attributes
from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_methods import build_edit
from tlgan.latents.sampling import draw_latents

STEPS = (-1.0, 1.0)


def planted(space="normal") -> Axes:
    directions = np.eye(3, 16)
    directions[1] = [0.6, 0.8, *np.zeros(14)]
    return Axes(
        names=("Male", "Beard", "Age"),
        directions=directions,
        raw_directions=directions,
        slopes=np.ones(3),
        intercepts=np.zeros(3),
        units=("logit",) * 3,
        kinds=("binary",) * 3,
        angular_errors=np.zeros(3),
        held_out=np.ones(3),
        n_samples=1,
        latent_space=space,
        generator="toy",
        generator_sha256="",
    )


class Spy(ScoringNetworks):
    """Scores latents themselves: the scores are a matrix times them."""

    def score(self, latents):
        self.judge.append(len(latents))
        return {
            "scores": (latents @ planted().raw_directions.T).astype("f4"),
            "features": np.abs(latents).astype("f4"),
            "saturated": np.zeros(len(latents), "f4"),
            "realism": latents[:, 15].astype("f4"),
        }


def spy():
    return Spy(SimpleNamespace(resolution=64), [], None)


class ConstantJudge(SimpleNamespace):
    """What a block needs of `models.protocols.Labeller`, and no more."""

    reads_images = True

    def score_and_features(self, images, latents, start):
        return np.zeros((len(images), self.n_attributes), "f4"), np.ones((len(images), self.n_features), "f4")


def rows_of(edits, axes=None, count=8, networks=None):
    axes = axes or orthogonalize_axes(planted(), ["Male"])
    latents = draw_latents(0, count, 16, space=axes.latent_space, seed=9)
    movers = [build_edit(axes, edit) for edit in edits]
    return latents, rescore(latents, movers, len(axes), STEPS, networks or spy())


def test_each_score_is_that_of_its_edit_axis_and_step():
    axes = orthogonalize_axes(planted(), ["Male"])
    latents, rows = rows_of(("raw", "orthogonalized"), axes)
    for edit, directions in enumerate((axes.raw_directions, axes.directions)):
        for row in range(3):
            for number, step in enumerate(STEPS):
                expected = (latents + step * directions[row]) @ axes.raw_directions.T
                np.testing.assert_allclose(rows["scores"][:, edit, row, number], expected, atol=1e-5)
    np.testing.assert_allclose(rows["unedited"], latents @ axes.raw_directions.T, atol=1e-6)


def test_edits_that_are_the_same_are_drawn_once():
    once, twice = spy(), spy()
    _, alone = rows_of(("raw",), networks=once)
    _, both = rows_of(("raw", "raw"), networks=twice)
    assert sum(once.judge) == sum(twice.judge) == 8 + 3 * 2 * 8
    np.testing.assert_array_equal(both["scores"][:, 1], alone["scores"][:, 0])


def test_chunks_do_not_change_the_rows(monkeypatch):
    _, whole = rows_of(("raw", "all-locked"))
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    networks = spy()
    _, pieces = rows_of(("raw", "all-locked"), networks=networks)
    assert set(networks.judge) == {8}
    for name, values in whole.items():
        np.testing.assert_array_equal(pieces[name], values)


def test_edits_out_of_reach_are_nan():
    axes = orthogonalize_axes(planted("sphere"), ["Male"])
    latents = draw_latents(0, 8, 16, space="sphere", seed=9)

    def far(latents, row, step):
        moved = build_edit(axes, "raw")(latents, row, step)
        if row == 1:
            moved[2:4] = np.nan
        return moved

    rows = rescore(latents, [far], 3, STEPS, spy())
    lost = np.isnan(rows["scores"]).all(axis=-1)
    assert lost[2:4, 0, 1].all()
    assert lost.sum() == 2 * len(STEPS)
    np.testing.assert_array_equal(np.isnan(rows["identity"]), lost)


def test_identity_compares_a_face_with_itself_and_strangers_with_each_other():
    latents, rows = rows_of(("raw",))
    moved = latents + planted().raw_directions[2]
    before, after = np.abs(latents), np.abs(moved)
    expected = (before * after).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    np.testing.assert_allclose(rows["identity"][:, 0, 2, 1], expected, rtol=1e-5)
    other = np.roll(before, 1, axis=0)
    strange = (before * other).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(rows["strangers"], strange, rtol=1e-5)


def test_moved_latents_are_kept_where_they_are_known():
    latents, rows = rows_of(("raw",))
    expected = latents + planted().raw_directions[1]
    np.testing.assert_allclose(rows["moved"][:, 0, 1, 1], expected, rtol=1e-5)


def test_an_embedder_compares_faces_in_place_of_the_judge():
    def generator(latents):
        return np.tile(np.arange(len(latents), dtype=np.uint8)[:, None, None, None], (1, 4, 4, 3))

    def embedder(images):
        return np.stack([images[:, 0, 0, 0], np.ones(len(images))], axis=1).astype("f4")

    judge = ConstantJudge(n_attributes=1, n_features=2)
    seen = ScoringNetworks(generator, judge, embedder=embedder).score(np.zeros((3, 3)))
    np.testing.assert_array_equal(seen["features"], [[0, 1], [1, 1], [2, 1]])
    assert ScoringNetworks(generator, judge).score(np.zeros((3, 3)))["features"].min() == 1


def test_single_latent_has_no_identity_of_strangers():
    _, rows = rows_of(("raw",), count=1)
    assert np.isnan(rows["strangers"]).all()


@pytest.mark.parametrize(("level", "share"), [(0, 1.0), (255, 1.0), (128, 0.0)])
def test_saturated_pixels_are_0_or_255(level, share):
    judge = ConstantJudge(n_attributes=1, n_features=2)

    def generator(latents):
        return np.full((len(latents), 4, 4, 3), level, np.uint8)

    seen = ScoringNetworks(generator, judge, None).score(np.zeros((2, 3)))
    np.testing.assert_array_equal(seen["saturated"], share)
    assert np.isnan(seen["realism"]).all()


def test_the_discriminator_sees_different_faces_under_one_edit():
    seen = []

    def discriminator(images):
        seen.append(images[:, 0, 0, 0].copy())
        return np.zeros(len(images), "f4")

    class Drawing(SimpleNamespace):
        def __call__(self, latents):  # a picture is the number of its latent
            numbers = np.abs(latents[:, None] - start[None]).sum(axis=2).argmin(axis=1).astype(np.uint8)
            return np.broadcast_to(numbers[:, None, None, None], (len(latents), 64, 64, 3))

    start = draw_latents(0, 8, 16, space="normal", seed=9)
    judge = ConstantJudge(n_attributes=3, n_features=1)
    rows_of(("raw",), networks=ScoringNetworks(Drawing(resolution=64), judge, discriminator))
    for numbers in np.concatenate(seen).reshape(-1, module.GROUP):
        assert len(set(numbers)) == module.GROUP


def test_second_judges_read_the_same_pictures():
    def generator(latents):
        return np.tile(np.arange(len(latents), dtype=np.uint8)[:, None, None, None], (1, 4, 4, 3))

    second = SimpleNamespace(
        name="age",
        reads_images=True,
        score_rows=lambda images, latents, start: images[:, 0, 0, :2].astype("f4"),
    )
    shared = shared_attributes(["Young"], [["Male", "Age"]], {"Young": "-Age"})
    judge = ConstantJudge(n_attributes=1, n_features=2)
    seen = ScoringNetworks(generator, judge, second_judges=(second,), shared=shared).score(np.zeros((3, 3)))
    np.testing.assert_array_equal(seen[module.SECOND], [[0], [-1], [-2]])
    assert module.SECOND not in ScoringNetworks(generator, judge).score(np.zeros((3, 3)))


def test_second_scores_stand_where_the_judges_do():
    class TwoJudges(Spy):
        def score(self, latents):
            seen = super().score(latents)
            return seen | {module.SECOND: -seen["scores"][:, :2]}

    _, rows = rows_of(("raw",), networks=TwoJudges(SimpleNamespace(resolution=64), [], None))
    np.testing.assert_array_equal(rows[module.SECOND], -rows["scores"][..., :2])
    np.testing.assert_array_equal(rows[f"unedited_{module.SECOND}"], -rows["unedited"][:, :2])
