"""Cards beside foreign networks: every key is checked, a wrong one is named."""

from __future__ import annotations

import pytest

from models.importers.sidecar import GeneratorCard, LabellerCard, card_path, card_text, identity, read_card
from tlgan.errors import UserError

INPUT = "[input]\nsize = 32\n"
MALE = '[[attributes]]\nname = "Male"\nkind = "binary"\nreads = "class probabilities"\nindex = 1\n'


def write(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    return tmp_path / "a.toml"


def test_generator_card_and_its_text(tmp_path):
    text = 'latent_space = "normal"\nlatent_dim = 6\nlayout = "NCHW"\nrange = [-1.0, 1.0]\n'
    card = read_card(write(tmp_path, text), GeneratorCard)
    assert card == GeneratorCard(latent_space="normal", latent_dim=6, layout="NCHW", range=(-1.0, 1.0))
    assert card_text(card) == text
    assert read_card(write(tmp_path, ""), GeneratorCard) == GeneratorCard()


def test_labeller_card_has_defaults(tmp_path):
    card = read_card(write(tmp_path, INPUT + MALE), LabellerCard)
    assert (card.input.layout, card.input.mean, card.mirror, card.features) == (
        "NHWC",
        (0, 0, 0),
        False,
        None,
    )
    assert (card.attributes[0].output, card.attributes[0].scale) == (0, 1.0)


def test_identity_is_of_the_network_and_of_what_decides_a_result():
    card = GeneratorCard(latent_space="normal", range=(0, 1))
    assert identity("a", card) != identity("b", card)
    assert identity("a", card) != identity("a", GeneratorCard(latent_space="normal", range=(-1, 1)))
    other = GeneratorCard(latent_space="uniform", range=(0, 1))
    assert identity("a", card, but=("latent_space",)) == identity("a", other, but=("latent_space",))


def test_a_card_lies_beside_its_network(tmp_path):
    assert card_path(tmp_path / "a.labeller.onnx") == tmp_path / "a.labeller.toml"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (GeneratorCard, 'latent_space = "gaussian"', "latent_space"),
        (GeneratorCard, 'prior = "normal"', "prior"),
        (GeneratorCard, "latent_dim = 0", "latent_dim"),
        (GeneratorCard, "range = [1.0, -1.0]", "`range` must be black and white"),
        (GeneratorCard, "range = [1.0]", "range"),
        (GeneratorCard, "latent_dim =", "is not a network's card"),
        (LabellerCard, MALE, "input"),
        (LabellerCard, INPUT, "attributes"),
        (LabellerCard, INPUT + "attributes = []", "attributes|is not"),
        (LabellerCard, INPUT + MALE + MALE, "two attributes have one name"),
        (LabellerCard, INPUT + MALE.replace("binary", "maybe"), r"\$\.attributes\[0\]\.kind|kind"),
        (LabellerCard, INPUT + MALE.replace("index = 1", "index = -1"), "index"),
        (LabellerCard, INPUT + MALE.replace("binary", "continuous"), "a continuous attribute must read"),
        (LabellerCard, INPUT + MALE + "values = [1.0, 2.0]", "a continuous attribute must read"),
        (LabellerCard, INPUT + "scale = [0.0, 1.0, 1.0]\n" + MALE, "`scale` must not be 0"),
        (LabellerCard, INPUT + "mean = [0.0]\n" + MALE, "mean"),
        (LabellerCard, "[input]\nsize = 0\n" + MALE, "size"),
    ],
)
def test_impossible_cards_are_refused_with_the_key(tmp_path, kind, text, message):
    path = write(tmp_path, text)
    with pytest.raises(UserError, match=message) as error:
        read_card(path, kind)
    assert str(error.value).startswith(str(path))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not a network's card"):
        read_card(tmp_path / "a.toml", GeneratorCard)
