"""Translators that the editor offers: opened once, and only those."""

from __future__ import annotations

import pytest

from pipelines.editing.web.photographs import MOST_PHOTOGRAPHS
from pipelines.editing.web.translators.offered import OfferedTranslators, drawn_face
from tests.pipelines.editing.web.test_photographs import photograph_bytes
from tests.pipelines.painting_translator import painted, painting_translator
from tlgan.errors import UserError


@pytest.fixture
def opened():
    return []


@pytest.fixture
def offered(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))  # without a face detector

    def open_translator(name):
        opened.append(name)
        if name == "damaged":
            raise UserError("damaged.h5: is damaged.")
        return painting_translator()

    return OfferedTranslators(["smile", "damaged"], open_translator)


def test_a_translator_is_opened_once(offered, opened):
    assert offered.translator("smile") is offered.translator("smile")
    assert opened == ["smile"]


@pytest.mark.parametrize("name", ["other", "", None, 3, ["smile"]])
def test_another_name_is_refused(offered, opened, name):
    with pytest.raises(UserError, match="`translator` must be one of smile, damaged"):
        offered.translator(name)
    assert opened == []


def test_a_damaged_file_is_told_each_time(offered, opened):
    for _ in range(2):
        with pytest.raises(UserError, match="is damaged"):
            offered.translator("damaged")
    offered.translator("smile")


def test_a_drawn_face_of_any_size_is_cut_as_large_as_the_translator_takes_it(offered):
    translator = offered.translator("smile")
    for side in (16, 64):
        face = offered.translate(translator, drawn_face(painted(0, 255, 0, side=side)), {"Smiling": 0.0})
        assert face.changed.shape == (16, 16, 3)
        assert face.own == [1.0]
        assert face.paste("change").shape == (side, side, 3)


def test_photographs_are_held_until_newer_ones_come(offered, tmp_path):
    keys = [offered.add_photograph(photograph_bytes())[0] for _ in range(MOST_PHOTOGRAPHS + 1)]
    with pytest.raises(UserError, match="no longer open"):
        offered.photographs.get(keys[0])
    assert offered.photographs.get(keys[-1])[0].pixels.shape == (64, 64, 3)
    assert not (tmp_path / "home").exists()  # nothing is written
