"""Photographs on both pages of the editor, in a real browser."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.web.app import create_app
from pipelines.editing.web.security import RateLimiter
from pipelines.editing.web.translators.offered import OfferedTranslators
from tests.pipelines.editing.web.test_photographs import flat_store, photograph_bytes
from tests.pipelines.painting_translator import AGE, PERSON, SMILING, painting_translator

TRANSLATORS = {"smile": (SMILING,), "person": (PERSON, AGE)}


@pytest.fixture
def editor(tones_run, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))  # without a face detector
    translators = OfferedTranslators(list(TRANSLATORS), lambda name: painting_translator(*TRANSLATORS[name]))
    return create_app(tones_run, rate=RateLimiter(1e6, 1e6), store=flat_store(), translators=translators)


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if "Content Security" in line.text else None)
    page.goto(address)
    page.wait_for_selector("#strip li")
    yield page
    assert not troubles
    context.close()


@pytest.fixture
def translating(page):
    """The second page, opened from the first one's face."""
    page.click("#translate")
    wait_until_translated(page)
    return page


def photograph(content, name="me.png"):
    return {"name": name, "mimeType": "image/png", "buffer": content}


def picture(page, name):
    return page.get_attribute(f"#{name}", "src")


def wait_until_translated(page):
    page.wait_for_selector("#changed[src]")
    page.wait_for_timeout(100)
    page.wait_for_selector("#pictures[aria-busy=false]")


def downloaded(page, button):
    with page.expect_download() as download:
        page.click(button)
    return np.asarray(Image.open(download.value.path())), download.value.suggested_filename


def test_a_photograph_is_opened_edited_pasted_and_closed(page):
    page.set_input_files("#photograph-file", photograph(photograph_bytes()))
    page.wait_for_selector("#photograph-box:not([hidden])")
    page.wait_for_function(
        "() => document.querySelector('#caption').textContent.startsWith('Face of the photograph')"
    )
    page.wait_for_selector("#face[aria-busy=false]")
    assert "PSNR" in page.inner_text("#photograph-words")
    assert "aligned already" in page.inner_text("#photograph-words")
    assert picture(page, "photograph-edit").startswith("data:image/png")
    before = picture(page, "photograph-edit")
    page.focus("#slider-Smiling")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("src => document.querySelector('#photograph-edit').src !== src", arg=before)
    pasted, name = downloaded(page, "#photograph-pasted")
    assert (pasted.shape, name) == ((64, 64, 3), "photograph-edited.png")
    assert (pasted[0] == (110, 100, 90)).all()  # the edge stays
    assert (pasted[32, 32] != (110, 100, 90)).any()
    page.click("#photograph-close")
    page.wait_for_selector("#photograph-box", state="hidden")


def test_a_text_file_is_refused_and_the_next_photograph_opened(page):
    page.set_input_files("#photograph-file", photograph(b"a text", "notes.png"))
    page.wait_for_selector("#message.error")
    assert page.inner_text("#message").startswith("The photograph: is no image")
    assert page.is_hidden("#photograph-box")
    page.set_input_files("#photograph-file", photograph(photograph_bytes()))
    page.wait_for_selector("#photograph-box:not([hidden])")
    assert page.is_hidden("#message")


def test_the_face_being_edited_is_translated(translating):
    page = translating
    assert "/translate#" in page.url
    assert page.inner_text("#translator option:checked") == "smile"
    assert picture(page, "changed") == picture(page, "redrawn")
    assert "Smiling stays" in page.inner_text("#words")
    now = float(page.input_value("[data-condition=Smiling] input"))
    page.focus("[data-condition=Smiling] input")
    page.keyboard.press("End" if now < 0.5 else "Home")
    page.wait_for_function(
        "() => document.querySelector('#changed').src !== document.querySelector('#redrawn').src"
    )
    assert "Smiling from" in page.inner_text("#words")
    page.click("#reset")
    page.wait_for_function(
        "() => document.querySelector('#changed').src === document.querySelector('#redrawn').src"
    )
    wait_until_translated(page)
    assert float(page.input_value("[data-condition=Smiling] input")) == now
    page.click("#back")
    page.wait_for_selector("#strip li")


def test_categories_are_buttons_and_other_values_sliders(translating):
    page = translating
    page.select_option("#translator", "person")
    page.wait_for_selector("[data-condition=Person] button")
    assert page.locator("[data-condition=Person] button").all_inner_texts() == ["0", "2", "5"]
    assert page.inner_text("[data-condition=Age] legend") == "Age, years"
    wait_until_translated(page)
    page.click("[data-condition=Person] button >> nth=2")
    wait_until_translated(page)
    assert page.get_attribute("[data-condition=Person] button >> nth=2", "aria-pressed") == "true"
    assert "5" in page.inner_text("#words")


def test_a_photograph_is_translated_and_closed(translating):
    page = translating
    face = picture(page, "original")
    page.set_input_files("#photograph-file", photograph(photograph_bytes()))
    page.wait_for_selector("#close:not([hidden])")
    wait_until_translated(page)
    assert picture(page, "original") != face
    assert "aligned already" in page.inner_text("#note")
    page.focus("[data-condition=Smiling] input")
    page.keyboard.press("End")
    wait_until_translated(page)
    pasted, name = downloaded(page, "#save")
    assert (pasted.shape, name) == ((64, 64, 3), "translated.png")
    assert (pasted[0] == (110, 100, 90)).all()
    page.click("#close")
    page.wait_for_selector("#close", state="hidden")
    wait_until_translated(page)
    assert picture(page, "original") == face


def test_a_text_file_is_refused_and_the_face_stays(translating):
    page = translating
    face = picture(page, "original")
    page.set_input_files("#photograph-file", photograph(b"a text", "notes.png"))
    page.wait_for_selector("#message.error")
    assert page.inner_text("#message").startswith("The photograph: is no image")
    assert picture(page, "original") == face


def test_phone_has_no_sideways_scroll_and_every_control_a_name(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}translate")
    wait_until_translated(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, button')].filter((one) =>
            !one.textContent.trim() && !one.getAttribute('aria-label') && !one.labels?.length).length"""
    )
    assert unnamed == 0
    page.close()
