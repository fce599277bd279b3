"""A generator measured beside photographs: figures, shares, copies, and the files that show them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from models.loaders.embedder import LoadedEmbedder
from models.training.gan.figures import MeasuringNetworks
from pipelines.evaluation.console import generator_table, shares_table
from pipelines.evaluation.generator_measure import measure_generator, open_networks, write_measure
from pipelines.recipe.load import load_recipe
from tlgan.errors import UserError

SIZE = 16


def grey(levels, size=SIZE):
    levels = np.asarray(levels, np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (len(levels), size, size, 3)).copy()


def level(images):
    return images.mean(axis=(1, 2, 3))


class Greys:
    """Draws the grey levels given, whatever the latents."""

    name, sha256, latent_dim, latent_space, resolution = "greys", "abc", 3, "normal", SIZE

    def __init__(self, levels, size=SIZE):
        self.images = grey(levels, size)

    def __call__(self, latents):
        return self.images[: len(latents)]


def labeller(name, sign=1):
    """Reads whether a picture is light, and whether it is dark."""

    def read(images):
        light = (level(images) - 100)[:, None]
        return np.concatenate([light, -light, light], axis=1), np.concatenate(
            [light, sign * light**2], axis=1
        )

    return SimpleNamespace(
        name=name,
        names=("Light", "Dark", "Level"),
        kinds=("binary", "binary", "continuous"),
        score_and_features=read,
    )


NETWORKS = MeasuringNetworks(
    labeller("reader"),
    labeller("referee", -1),
    LoadedEmbedder(
        "dial", "", lambda images: np.stack([f(np.radians(level(images))) for f in (np.cos, np.sin)], 1)
    ),
    SimpleNamespace(name="finder", score_rows=lambda images: level(images)[:, None] - 20),
)
TEST, TRAIN = grey(np.arange(60, 160, 5)), grey(np.arange(61, 181, 3))


def test_a_generator_of_photographs_reaches_the_floor():
    measure = measure_generator(Greys(np.arange(62, 162, 5)), TEST, TRAIN, NETWORKS)
    assert (len(measure.images), measure.n_others) == (20, 20)
    figures = measure.figures
    assert figures["precision"] == figures["recall"] == figures["faces_found"] == 1
    assert figures["frechet"] < figures["frechet_floor"] / 5  # the first training photographs are darker
    assert measure.readers == {
        "labeller": "reader",
        "judge": "referee",
        "embedder": "dial",
        "detector": "finder",
    }


def test_shares_and_rare_attributes_are_those_of_binary_scores():
    measure = measure_generator(Greys([50] * 18 + [150] * 2), TEST, TRAIN, NETWORKS)
    shares = measure.shares
    assert shares.names == ("Light", "Dark")
    np.testing.assert_allclose(shares.photographs, [0.55, 0.4])
    np.testing.assert_allclose(shares.drawn, [0.1, 0.9])
    assert shares.rare.tolist() == [True, False]
    assert measure.figures["rare_attributes"] == 1


def test_a_copy_is_nearer_to_the_training_photographs_than_unseen_people():
    levels = np.concatenate([[61, 64], np.arange(181, 199)])  # two copies; the others unlike all photographs
    measure = measure_generator(Greys(levels), TEST, TRAIN, NETWORKS)
    nearest = measure.nearest
    assert nearest.searched == len(TRAIN)
    np.testing.assert_allclose(nearest.distances[:2, 0], 0, atol=1e-9)
    assert sorted(level(nearest.drawn[:2])) == [61, 64]
    np.testing.assert_array_equal(nearest.photographs[:2, 0], nearest.drawn[:2])
    assert nearest.distances.shape == (8, 5)
    assert (np.diff(nearest.distances, axis=1) >= -1e-12).all()
    assert nearest.least < 1e-9
    assert nearest.least_unseen == pytest.approx(0, abs=1e-9)  # 70 is in both
    assert nearest.median > nearest.median_unseen


def test_photographs_and_faces_of_other_sizes_meet_at_the_smaller():
    large = measure_generator(Greys(np.arange(60, 160, 5), 2 * SIZE), TEST, TRAIN, NETWORKS)
    assert large.figures["frechet"] == pytest.approx(0, abs=1e-4)
    small = measure_generator(Greys(np.arange(60, 160, 5), SIZE // 2), TEST, TRAIN, NETWORKS)
    assert small.figures["precision"] == 1
    with pytest.raises(UserError, match=r"one divides the other. Got 16 and 24"):
        measure_generator(Greys(np.arange(60, 160, 5), 24), TEST, TRAIN, NETWORKS)


def test_too_few_photographs_are_a_line():
    with pytest.raises(UserError, match=r"4 photographs or more to measure a generator. Got 3 and 40"):
        measure_generator(Greys([1] * 9), TEST[:3], TRAIN, NETWORKS)


def test_without_networks_pixels_alone_are_measured():
    measure = measure_generator(Greys(np.arange(60, 160, 5)), TEST, TRAIN, MeasuringNetworks())
    assert set(measure.figures) == {
        f"sliced_wasserstein{rest}" for rest in ("", "_16px", "_floor", "_16px_floor")
    }
    assert measure.shares is measure.nearest is None
    assert generator_table(measure).row_count == 1


def test_files_and_tables_tell_the_figures(tmp_path):
    measure = measure_generator(Greys([50] * 18 + [150] * 2), TEST, TRAIN, NETWORKS)
    written = write_measure(measure, tmp_path / "new" / "measured")
    assert [path.name for path in written] == ["figures.json", "drawn.png", "nearest-photographs.png"]
    content = json.loads(written[0].read_text())
    assert content["figures"] == measure.figures
    assert (content["generator"], content["faces_drawn"], content["judge"]) == ("greys", 20, "referee")
    assert content["attribute_shares"]["Light"] == {"photographs": 0.55, "drawn": 0.1}
    assert content["nearest_training_photograph"]["searched"] == 40
    assert Image.open(written[1]).size == (8 * 2 * SIZE, 3 * 2 * SIZE)
    table = generator_table(measure)
    assert table.title.startswith("greys: 20 drawn faces, or 20 photographs of the training part, beside 20")
    words = list(table.columns[0].cells)
    assert "Fréchet distance, features of referee" in words
    assert words[-2].startswith("cosine distance to the nearest of 40 training photographs")
    assert list(shares_table(measure.shares).columns[3].cells) == ["below a third", ""]


def test_networks_that_a_recipe_lacks_are_a_sentence_each(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    overrides = ("label.labellers=['known-axes-factors']", "evaluate.judge=''")
    networks, notes = open_networks(load_recipe("known-axes", overrides))
    assert networks.labeller is networks.judge is networks.embedder is networks.detector is None
    assert len(notes) == 4
    assert "reads no images" in notes[2]
    assert "`evaluate.judge` must name a judge" in notes[3]
