"""Drawn faces beside photographs: distances, variety, precision and recall, faces found."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models.kinds import PROGRESSIVE_GAN
from models.loaders.embedder import LoadedEmbedder
from models.training.gan import figures
from models.training.gan.figures import (
    MeasuringNetworks,
    compare_faces,
    measure_gan,
    open_measuring_networks,
    read_faces,
    some_rows,
)
from tlgan.errors import UserError


def blobs(n, seed, level):
    random = np.random.default_rng(seed)
    return np.clip(random.normal(level, 40, (n, 16, 16, 3)), 0, 255).astype(np.uint8)


def near(latents):
    return blobs(len(latents), 1, 100)


def shades(*levels):
    """Pictures of one grey level each."""
    return np.broadcast_to(np.array(levels, np.uint8)[:, None, None, None], (len(levels), 8, 8, 3))


# A recogniser whose vector is an angle, the grey level in degrees, and a detector that finds what is not dark.
DIAL = LoadedEmbedder(
    "dial",
    "",
    lambda images: np.stack([f(np.radians(images.mean(axis=(1, 2, 3)))) for f in (np.cos, np.sin)], axis=1),
)
LIGHT = SimpleNamespace(score_rows=lambda images: images.mean(axis=(1, 2, 3))[:, None] - 50)


def test_measure_tells_near_from_far_and_gives_the_floor():
    held_out, others = blobs(40, 0, 100), blobs(90, 2, 100)
    figures = measure_gan(near, 4, held_out, others=others)
    coarse = measure_gan(
        lambda latents: near(latents)[:, ::4, ::4].repeat(4, axis=1).repeat(4, axis=2), 4, held_out
    )
    assert figures["faces_compared"] == 40
    assert figures["sliced_wasserstein"] < 1.3 * figures["sliced_wasserstein_floor"]
    assert coarse["sliced_wasserstein"] > 1.5 * figures["sliced_wasserstein"]
    assert "frechet" not in figures
    assert "sliced_wasserstein_floor" not in coarse


def test_precision_recall_and_found_faces_are_those_of_the_vectors_and_the_detector():
    """Photographs at 60° to 79°: drawn faces at 60° to 69° are all like them, and cover half of them."""
    networks = MeasuringNetworks(embedder=DIAL, detector=LIGHT)
    photographs = read_faces(shades(*range(60, 80)), networks)
    half = compare_faces(photographs, read_faces(shades(*range(60, 70), *range(60, 70)), networks))
    assert half["precision"] == 1
    assert half["recall"] == pytest.approx(0.5, abs=0.11)
    assert half["faces_found"] == 1
    far = compare_faces(photographs, read_faces(shades(*range(10, 30)), networks), photographs)
    assert (far["precision"], far["recall"], far["faces_found"]) == (0, 0, 0)
    assert (far["precision_floor"], far["recall_floor"], far["faces_found_floor"]) == (1, 1, 1)


def test_networks_for_faces_are_not_asked_about_coarser_pictures():
    networks = MeasuringNetworks(embedder=DIAL, detector=LIGHT)
    photographs = shades(*range(60, 80))
    fine = measure_gan(lambda latents: photographs, 4, photographs, networks)
    assert fine["precision"] == fine["recall"] == fine["faces_found"] == 1
    assert set(measure_gan(lambda latents: photographs[:, :4, :4], 4, photographs, networks)) == {
        "faces_compared"
    }


@pytest.mark.network
def test_photographs_measured_against_themselves_have_no_distance_and_the_same_spread(toy_labeller):
    faces = np.repeat(np.repeat(blobs(12, 0, 100)[:, :8, :8], 2, axis=1), 2, axis=2)[:, :8, :8]
    networks = MeasuringNetworks(toy_labeller, toy_labeller)
    figures = measure_gan(lambda latents: faces, 4, faces, networks)
    assert figures["frechet"] == pytest.approx(0, abs=1e-3)
    assert figures["frechet_judge"] == figures["frechet"]
    assert figures["feature_spread"] == figures["score_spread"] == 1
    assert figures["rare_attributes"] == 0
    dull = np.repeat(faces[:1], 12, axis=0)
    alike = measure_gan(lambda latents: dull, 4, faces, networks)
    assert alike["feature_spread"] < 0.01
    assert alike["frechet"] > 1


@pytest.mark.network
def test_curves_of_the_training_are_of_figures_that_are_measured(toy_labeller):
    faces = blobs(12, 0, 100)
    networks = MeasuringNetworks(toy_labeller, toy_labeller, DIAL, LIGHT)
    figures = measure_gan(lambda latents: faces, 4, faces, networks)
    assert {name for _, names in PROGRESSIVE_GAN.curves for name in names} <= set(figures)


def test_some_rows_are_the_same_whenever_they_are_asked_for():
    chosen = some_rows(np.arange(50, 100), 20)
    assert len(set(chosen.tolist())) == 20
    assert set(chosen.tolist()) <= set(range(50, 100))
    np.testing.assert_array_equal(chosen, some_rows(np.arange(50, 100), 20))
    assert sorted(some_rows(np.arange(5))) == [0, 1, 2, 3, 4]


def test_measure_of_too_few_photographs_is_nothing():
    assert measure_gan(near, 4, blobs(3, 0, 100)) == {}


def test_networks_that_are_not_there_are_a_sentence_each(monkeypatch, tmp_path):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    networks, notes = open_measuring_networks("nonesuch")
    assert networks.labeller is networks.judge is networks.embedder is networks.detector is None
    for note, words in zip(notes, ("Fréchet", "precision and recall", "faces that are found"), strict=True):
        assert note.startswith("No ")
        assert words in note
    assert notes[1].endswith("Fetch it with `make face-api`.")


def test_labeller_alone_is_no_judge_of_its_own(monkeypatch):
    def load(name, role="labeller", **options):
        if name == "lone":
            return SimpleNamespace(sha256="l")
        if name == "pair":
            return SimpleNamespace(sha256=role)
        raise UserError("not there")

    monkeypatch.setattr(figures, "load_labeller", load)
    lone, pair = (open_measuring_networks(name)[0] for name in ("lone", "pair"))
    assert (lone.labeller.sha256, lone.judge) == ("l", None)
    assert (pair.labeller.sha256, pair.judge.sha256) == ("labeller", "judge")


@pytest.fixture
def toy_labeller(tmp_path):
    from models.loaders.labeller import load_labeller
    from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
    from models.weights.weight_file import network_arrays, write_weights

    config = AttributeCnnConfig(resolution=8, outputs=2, widths=(6,), depths=(1,))
    random = np.random.default_rng(0)
    arrays = {
        name: np.abs(random.standard_normal(values.shape)).astype("float32")
        for name, values in network_arrays(build_attribute_cnn(config)).items()
    }
    card = {
        "names": ["a", "b"],
        "kinds": ["binary"] * 2,
        "units": ["logit"] * 2,
        "scales": [1, 1],
        "offsets": [0, 0],
    }
    path = tmp_path / "toy.labeller.h5"
    write_weights(path, "attribute_cnn", config, arrays, card, dtype="float32")
    return load_labeller(path)
