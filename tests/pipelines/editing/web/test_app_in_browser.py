"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#strip li")
    show_seed(page, 7)
    yield page
    assert not troubles
    context.close()


@pytest.fixture
def local_page(tones_run_with_regressor, page):
    """The page over a run whose axes have a regressor, which `editor` serves too."""
    return page


def show_seed(page, seed):
    page.fill("#seed", str(seed))
    after(page, lambda: page.press("#seed", "Enter"))


def after(page, action):
    """Do something and wait until its face is on screen."""
    before = page.get_attribute("#face", "data-ticket")
    action()
    page.wait_for_function("ticket => document.querySelector('#face').dataset.ticket !== ticket", arg=before)
    wait_until_drawn(page)


def picture(page):
    return page.get_attribute("#face", "src")


def score(page, name):
    return float(page.inner_text(f"[data-axis={name}] .score b"))


def drag(page, name, share):
    """Drag a slider by the mouse to a share of its width."""
    box = page.locator(f"#slider-{name}").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, middle, steps=4)
    page.mouse.up()


def wait_until_drawn(page):
    """Wait until nothing is being drawn any more."""
    page.wait_for_timeout(150)
    page.wait_for_selector("#face[aria-busy=false]")


def test_dragging_changes_picture_and_score_and_undo_restores_them(page):
    first, before = picture(page), score(page, "Smiling")
    drag(page, "Smiling", 0.95)
    wait_until_drawn(page)
    assert picture(page) != first
    assert score(page, "Smiling") > before + 0.1
    after(page, lambda: page.click("#undo"))
    assert picture(page) == first
    assert score(page, "Smiling") == before
    after(page, lambda: page.keyboard.press("Control+Shift+Z"))
    assert picture(page) != first


def test_locked_score_stays(page):
    page.click("[data-axis=Male] .lock")
    before = score(page, "Male")
    drag(page, "Smiling", 0.9)
    wait_until_drawn(page)
    assert score(page, "Male") == before
    assert page.is_disabled("#slider-Male")
    assert page.get_attribute("[data-axis=Male] .lock", "aria-pressed") == "true"


def test_keys_step_a_slider_and_b_shows_the_face_before(page):
    first = picture(page)
    page.focus("#slider-Smiling")
    after(page, lambda: page.keyboard.press("ArrowRight"))
    edited = picture(page)
    assert edited != first
    page.keyboard.down("b")
    assert picture(page) == first
    page.keyboard.up("b")
    assert picture(page) == edited


def test_saved_faces_are_opened_from_the_gallery(page):
    drag(page, "Smiling", 0.9)
    wait_until_drawn(page)
    saved = picture(page)
    page.click("#gallery-box summary")
    page.fill("#title", "<b>Grin</b>")
    page.click("#save-form button")
    page.wait_for_selector("#gallery li")
    assert "<b>Grin</b>" in page.inner_text("#gallery li")
    show_seed(page, 8)
    assert picture(page) != saved
    after(page, lambda: page.click("#gallery .open"))
    assert picture(page) == saved
    page.click("#gallery .delete")
    page.wait_for_selector("#gallery li", state="detached")


def test_link_restores_the_exact_state(page):
    drag(page, "Smiling", 0.9)
    wait_until_drawn(page)
    page.click("[data-axis=Male] .lock")
    wait_until_drawn(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#strip li")
    assert picture(other) == picture(page)
    assert other.input_value("#slider-Smiling") == page.input_value("#slider-Smiling")
    assert other.is_disabled("#slider-Male")


def test_damaged_link_is_reported_and_a_face_is_shown(browser, address):
    page = browser.new_page()
    page.goto(address + '#{"start":{"seed":1},"changes":{"Smilling":1}}')
    page.wait_for_selector("#strip li")
    assert "Smilling" in page.inner_text("#message")
    assert picture(page)
    page.close()


def test_server_error_is_shown_and_the_next_edit_works(page, tones_run):
    first = picture(page)
    tones_run.broken = True
    drag(page, "Smiling", 0.9)
    page.wait_for_selector("#message:not([hidden])")
    assert "not lost" in page.inner_text("#message")
    assert picture(page) == first
    tones_run.broken = False
    drag(page, "Smiling", 0.8)
    page.wait_for_selector("#message", state="hidden")
    wait_until_drawn(page)
    assert picture(page) != first


def test_last_of_forty_rapid_moves_is_shown(page):
    page.evaluate(
        """() => {
            const slider = document.querySelector('#slider-Smiling');
            for (let move = 0; move <= 40; move++) {
                slider.value = -2 + move / 10;
                slider.dispatchEvent(new Event('input'));
            }
            slider.dispatchEvent(new Event('change'));
        }"""
    )
    wait_until_drawn(page)
    assert float(page.input_value("#slider-Smiling")) == pytest.approx(2.0)
    assert score(page, "Smiling") == pytest.approx(1 / (1 + 2.718281828**-2.0), abs=0.02)
    assert int(page.get_attribute("#face", "data-ticket")) < 40


def test_errors_search_and_verdicts(page):
    page.fill("#seed", "seven")
    page.press("#seed", "Enter")
    assert "A seed must be a whole number" in page.inner_text("#message")
    page.fill("#search", "smil")
    assert page.is_visible("[data-axis=Smiling]")
    assert page.is_hidden("[data-axis=Male]")
    page.fill("#search", "nothing at all")
    assert page.is_visible("#nothing")
    page.fill("#search", "")
    assert page.is_hidden("#reason-Eyeglasses")
    page.focus("[data-axis=Eyeglasses] .verdict")
    assert "Only AUC 0.60." in page.inner_text("#reason-Eyeglasses")


def test_random_face_is_the_best_of_four_seeds(page):
    assert "best of 4" in page.get_attribute("#random", "title")
    with page.expect_request("**/api/best-seed") as request:
        after(page, lambda: page.click("#random"))
    seeds = request.value.post_data_json["seeds"]
    assert len(seeds) == 4
    assert int(page.input_value("#seed")) in seeds


def test_grid_morph_and_downloads(page):
    page.click("#grid-box summary")
    page.wait_for_selector("#grid li:nth-child(8)")
    page.click("#second-box summary")
    first = picture(page)
    after(page, lambda: page.click("#second-random"))
    page.focus("#morph")
    after(page, lambda: page.keyboard.press("End"))
    assert picture(page) != first
    page.click("#save-box summary")
    for button, name in (
        ("#png", r"\.png"),
        ("#npy", r"\.npy"),
        ("#json", r"\.json"),
        ("[data-animation=morph]", r"\.gif"),
    ):
        with page.expect_download() as download:
            page.click(button)
        assert re.search(name + "$", download.value.suggested_filename)


def test_phone_has_no_sideways_scroll_and_every_control_a_name(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.wait_for_selector("#strip li")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, button')].filter((one) =>
            !one.textContent.trim() && !one.getAttribute('aria-label') && !one.labels?.length
            && !one.querySelector('img[alt]')).length"""
    )
    assert unnamed == 0
    page.close()


def test_run_without_a_regressor_offers_no_method(page):
    assert page.is_hidden("#method-box")
    assert '"method"%3A"straight"' in page.url.replace("%22", '"')


def test_method_and_strictness_are_chosen_and_undone(local_page):
    page = local_page
    assert page.input_value("#method") == "local"
    assert page.inner_text("#strictness-word") == "normally"
    drag(page, "Smiling", 0.8)
    wait_until_drawn(page)
    page.focus("#strictness")
    after(page, lambda: page.keyboard.press("ArrowRight"))
    assert page.inner_text("#strictness-word") == "much"
    assert "strictness%22%3A3" in page.url
    after(page, lambda: page.select_option("#method", "straight"))
    assert page.is_disabled("#strictness")
    assert "straight" in page.url
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#strip li")
    assert other.input_value("#method") == "straight"
    assert picture(other) == picture(page)
    after(page, lambda: page.click("#undo"))
    assert page.input_value("#method") == "local"
    after(page, lambda: page.click("#undo"))
    assert page.inner_text("#strictness-word") == "normally"


def test_edit_that_stops_early_is_told_and_kept_as_far_as_it_came(local_page):
    page = local_page
    first = picture(page)
    drag(page, "Smiling", 0.999)
    wait_until_drawn(page)
    for _ in range(4):  # to the end of the slider and beyond
        page.focus("#slider-Smiling")
        after(page, lambda: page.keyboard.press("ArrowRight"))
    assert "Smiling changed by" in page.inner_text("#message")
    assert page.get_attribute("#message", "class") == "note"
    assert picture(page) != first
    reached = float(page.input_value("#slider-Smiling"))
    assert reached < 10
    # The next edit goes on from there, and the sentence goes.
    page.focus("#slider-Male")
    after(page, lambda: page.keyboard.press("ArrowLeft"))
    assert float(page.input_value("#slider-Smiling")) == pytest.approx(reached, abs=0.2)
    assert page.is_visible("#undo")
    after(page, lambda: page.click("#reset"))
    assert picture(page) == first
    assert page.is_hidden("#message")


def test_old_link_without_a_method_shows_the_straight_edit(local_page, address):
    page = local_page.context.new_page()
    page.goto(address + '#{"start":{"seed":7},"changes":{"Smiling":1}}')
    page.wait_for_selector("#strip li")
    assert page.input_value("#method") == "straight"
