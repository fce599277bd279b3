from __future__ import annotations

import msgspec
import numpy as np
import pytest

from models.kinds.fader import FaderOptions
from models.training.translators.fader import FaderTrainer
from tests.models.training.translators.drawn_faces import bright_and_dark_faces
from tlgan.errors import UserError

pytestmark = pytest.mark.network
OPTIONS = FaderOptions(
    attributes=("Bright",),
    widths=(8, 16),
    steps=60,
    batch=16,
    learning_rate=2e-3,
    secrecy=1e-2,
    secrecy_steps=20,
)


class BrightLabeller:
    """Sees whether the face is bright."""

    names = ("Bright",)

    def score_rows(self, images):
        """Above 0 where more is bright than dark."""
        return ((images > 155).sum(axis=(1, 2, 3)) - (images < 50).sum(axis=(1, 2, 3)))[:, None]


def trained(steps, monkeypatch=None, **changes):
    if monkeypatch is not None:
        monkeypatch.setattr("models.training.translators.fader.load_labeller", lambda name: BrightLabeller())
        changes["labeller"] = "bright"
    trainer = FaderTrainer(msgspec.structs.replace(OPTIONS, **changes), "fader", bright_and_dark_faces())
    losses = None
    for _ in range(steps):
        losses = trainer.train_step()
    return trainer, losses


def test_training_learns_to_draw_and_counts_the_changes_that_are_missed(monkeypatch):
    trainer, losses = trained(1, monkeypatch)
    before = trainer.measure()
    while (step := trainer.train_step()) is not None:
        losses = step
    after = trainer.measure()
    assert after["error"] < 0.5 * before["error"]
    assert 0 <= after["missed_changes"] <= 1
    assert losses["reconstruction"] < 0.2
    networks, figures = trainer.publish()
    assert (networks[0].role, networks[0].kind) == ("translator", "fader_network")
    assert figures["distances"]["error"] < before["error"]
    assert trainer.preview().shape == (24, 16, 16, 3)


def test_weight_of_secrecy_rises_in_a_line_and_stays():
    trainer, _ = trained(1)
    weights = []
    for trainer.progress in (0, 5, 20, 60):
        weights.append(trainer.secrecy)
    np.testing.assert_allclose(weights, [0, 2.5e-3, 1e-2, 1e-2])


def test_sixteen_bits_train_the_same_float32_weights():
    full, losses = trained(3, dropout=0.0)
    half, found = trained(3, dropout=0.0, precision="mixed_bfloat16")
    assert dict(found) == pytest.approx(dict(losses), rel=0.05)
    assert dict(found) != dict(losses)
    assert {str(variable.dtype) for variable in half.network.whole.variables} == {"float32"}
    assert half.identity() == full.identity()  # a checkpoint is continued in either


def test_resumed_training_takes_the_same_steps(tmp_path):
    _, losses = trained(4)
    half, _ = trained(2)
    half.save(tmp_path / "half.h5")
    resumed, _ = trained(1)
    resumed.restore(tmp_path / "half.h5")
    assert resumed.progress == 2
    resumed.train_step()
    assert dict(resumed.train_step()) == pytest.approx(dict(losses), rel=1e-4)


def test_balanced_training_shows_as_many_of_each_value():
    trainer, losses = trained(2, attributes=("Person", "Bright"), balanced=True, batch=6)
    shown = trainer._shares[trainer._rows_of_step()][:, :3].argmax(axis=1)
    assert np.bincount(shown).tolist() == [2, 2, 2]
    assert np.isfinite(losses["reconstruction"])
    assert trainer.identity()["training"]["balanced"]
    assert "balanced" not in trained(0)[0].identity()["training"]  # as checkpoints of earlier versions


def test_categories_and_values_can_be_conditions():
    trainer, losses = trained(2, attributes=("Person", "Place"), levels=3)
    assert [condition.kind for condition in trainer.config.conditions] == ["categorical", "continuous"]
    assert trainer.config.shares == 6
    assert all(np.isfinite(list(losses.values())))
    assert trainer.preview().shape == (32, 16, 16, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attributes": ("Smiling",)}, "must have labels of Smiling"),
        ({"attributes": ("Unknown",)}, "`Unknown` must have labels of two values"),
        ({"batch": 500}, r"`batch` must be at most the number of labelled training images \(160\)"),
        (
            {"batch": 1, "balanced": True},
            r"at least the number of values of Bright \(2\) with `balanced`. Got 1",
        ),
        ({"widths": (8, 8, 8)}, "`widths` must halve a picture of 16 pixels"),
    ],
)
def test_bad_options_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        trained(0, **changes)


def test_a_checkpoint_of_other_widths_is_refused(tmp_path):
    trainer, _ = trained(1)
    trainer.save(tmp_path / "other.h5")
    other, _ = trained(1, widths=(8, 12))
    with pytest.raises(UserError, match=r"other\.h5"):
        other.restore(tmp_path / "other.h5")


def test_without_a_labeller_the_training_says_what_is_left_out():
    trainer, _ = trained(1)
    assert trainer.notes == ["No share of changes that are missed: `labeller` names none."]
    assert "missed_changes" not in trainer.measure()
    assert "nobody" in trained(0, labeller="nobody")[0].notes[0]
