from __future__ import annotations

import msgspec
import numpy as np
import pytest

from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS
from data.synthetic.image_set import draw_labelled_portraits
from data.synthetic.people import with_people
from models.kinds.fader import FaderOptions
from models.kinds.shared_autoencoder import SharedAutoencoderOptions
from models.loaders.translator import load_translator
from models.networks.translators.conditions import Condition
from models.protocols import Translator
from models.training.translators.fader import FaderTrainer
from models.training.translators.shared_autoencoder import SharedAutoencoderTrainer
from models.weights.weight_file import write_weights
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import planted_axes_of
from tests.models.training.translators.drawn_faces import bright_and_dark_faces
from tests.pipelines.painting_translator import SMILING, painting_translator
from tlgan.errors import NonFiniteError, UserError

pytestmark = pytest.mark.network
COLOUR = Condition("Colour", "categorical", "", (0.0, 2.0))
FADER = FaderOptions(attributes=("Bright", "Place"), levels=3, widths=(4, 6), batch=8)
SHARED = SharedAutoencoderOptions(domain="Person", widths=(4, 6), code=4, decoder_widths=(4, 4), batch=9)


def published(trainer, path):
    """The weight file of a trainer after one step."""
    trainer.train_step()
    (network,), _ = trainer.publish()
    write_weights(path, network.kind, network.config, network.arrays, network.metadata)
    return path


@pytest.fixture(scope="module")
def fader(tmp_path_factory):
    trainer = FaderTrainer(FADER, "fader", bright_and_dark_faces())
    return trainer, published(trainer, tmp_path_factory.mktemp("weights") / "a.translator.h5")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    trainer = SharedAutoencoderTrainer(SHARED, "deepfakes", bright_and_dark_faces())
    return trainer, published(trainer, tmp_path_factory.mktemp("weights") / "b.translator.h5")


def test_fader_network_draws_as_its_trainer_does(fader):
    trainer, path = fader
    translator = load_translator(path)
    assert isinstance(translator, Translator)
    assert [condition.name for condition in translator.conditions] == ["Bright", "Place"]
    faces, labels = trainer.images.images[:40], trainer.images.labels[:40, [0, 2]]
    drawn, expected = translator(faces, labels), trainer.draw(faces, trainer._shares_of(np.arange(40)))
    # The file holds the weights in half precision where that is near.
    assert np.abs(drawn.astype(int) - expected).max() <= 1
    changed = translator(faces, np.stack([1 - labels[:, 0], labels[:, 1]], axis=1))
    assert (changed != translator(faces, labels)).any()
    assert translator.codes(faces).shape == (40, 4 * 4 * 6)
    assert translator.blends


def test_shared_autoencoder_draws_each_face_with_the_decoder_asked_for(shared):
    trainer, path = shared
    translator = load_translator(path)
    assert not translator.blends
    faces, asked = trainer.images.images[:5], np.array([2.0, 0.0, 1.0, 1.0, 2.0])
    drawn = translator(faces, asked[:, None])
    for row, person in enumerate(asked.astype(int)):
        expected = trainer.draw(faces[row : row + 1], person)[0]
        assert np.abs(drawn[row].astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("images", "condition", "message"),
    [
        (
            np.zeros((2, 8, 8, 3), np.uint8),
            np.zeros((2, 2)),
            r"shape \(n, 16, 16, 3\) for a.translator. Got uint8",
        ),
        (np.zeros((2, 16, 16, 3)), np.zeros((2, 2)), "Got float64"),
        (np.zeros((2, 16, 16, 3), np.uint8), None, "one row of Bright, Place for each of 2 images. Got none"),
        (np.zeros((2, 16, 16, 3), np.uint8), np.zeros((3, 2)), "for each of 2 images. Got 3"),
        (np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 1)), r"Got shape \(2, 1\)"),
    ],
)
def test_bad_images_and_conditions_are_refused(fader, images, condition, message):
    with pytest.raises(UserError, match=message):
        load_translator(fader[1])(images, condition)


def test_the_nearest_condition_is_the_one_that_a_picture_was_drawn_with():
    translator = painting_translator(SMILING, COLOUR)
    asked = np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
    faces = translator(np.full((4, 16, 16, 3), 120, np.uint8), asked)
    np.testing.assert_array_equal(translator.nearest_condition(faces), asked)
    assert translator.nearest_condition(faces[:0]).shape == (0, 2)


def test_a_condition_that_the_network_does_not_know_is_refused(shared):
    with pytest.raises(UserError, match=r"`Person` must be one of 0, 1, 2. Got 7"):
        load_translator(shared[1])(np.zeros((1, 16, 16, 3), np.uint8), np.array([[7.0]]))


def test_a_file_that_is_no_translator_is_refused(fader, tmp_path):
    (network,), _ = fader[0].publish()
    path = tmp_path / "c.translator.h5"
    write_weights(path, "attribute_cnn", network.config, network.arrays)
    with pytest.raises(UserError, match=r"must be a translator. Got a attribute_cnn"):
        load_translator(path)
    write_weights(path, "fader_network", network.config, {"x": np.zeros(2)})
    with pytest.raises(UserError, match=r"c\.translator\.h5"):
        load_translator(path)


@pytest.mark.parametrize("which", ["fader", "shared"])
def test_a_picture_that_is_not_finite_is_an_error(which, request, tmp_path):
    trainer, _ = request.getfixturevalue(which)
    (network,), _ = trainer.publish()
    arrays = {name: np.array(values) for name, values in network.arrays.items()}
    for name, values in arrays.items():
        if name.endswith("kernel"):
            values[:] = 3e38
            values[..., ::2] = -3e38
    path = tmp_path / "d.translator.h5"
    write_weights(path, network.kind, network.config, arrays, network.metadata)
    translator = load_translator(path)
    condition = np.zeros((2, len(translator.conditions)))
    faces = np.random.default_rng(0).integers(0, 255, (2, 16, 16, 3), dtype=np.uint8)
    with pytest.raises(NonFiniteError, match="draws NaN or infinity"):
        translator(faces, condition)


@pytest.mark.parametrize(
    ("name", "factor", "asked", "least"),
    [("fader-smile", "Smiling", (0, 1), 0.25), ("fader-light", "Light", (-1.5, 1.5), 0.9)],
)
def test_a_committed_fader_network_changes_a_drawn_face_as_its_factor_does(name, factor, asked, least):
    low = np.random.default_rng(5).standard_normal((24, len(FACTORS)))
    low[:, FACTORS.index(factor)] = -1.5
    high = low.copy()
    high[:, FACTORS.index(factor)] = 1.5
    before = draw_portraits(low)
    truth = draw_portraits(high).astype(float) - before
    translator = load_translator(name)
    first, last = (translator(before, np.full((24, 1), value)).astype(float) for value in asked)
    change = last - first
    assert (change * truth).sum() / np.sqrt((change**2).sum() * (truth**2).sum()) > least  # the cosine


def test_the_committed_deepfakes_network_draws_the_person_asked_for():
    recipe = load_recipe("deepfakes")
    portraits = draw_labelled_portraits(planted_axes_of(recipe), 8, recipe.data.seed, recipe.data.people)
    factors = portraits.archive.factors(0, 8)
    before = draw_portraits(factors)
    truth = draw_portraits(with_people(factors, np.roll(factors[:4], -1, axis=0))).astype(float)
    drawn = load_translator("deepfakes-people")(before, np.roll(np.arange(4.0), -1)[np.arange(8) % 4, None])
    errors, untouched = (np.abs(images - truth).mean(axis=(1, 2, 3)) for images in (drawn, before))
    assert (errors < 0.35 * untouched).all()


def test_options_are_read_from_a_recipe():
    assert msgspec.convert({"kind": "fader", "attributes": ["Bright"]}, FaderOptions).roles == ("translator",)
