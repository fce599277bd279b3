"""The report: one file that loads nothing, tells the results, and can be read without its pictures."""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.networks.attribute_cnn import AttributeCnnConfig
from models.weights.weight_file import read_weights, write_weights
from pipelines.artifacts.fits_file import read_stability
from pipelines.artifacts.training_history import append_history
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.report import page as page_module
from pipelines.report.evaluation_figures import Figure
from pipelines.report.page import cluster_order, labeller_scores, write_report
from pipelines.report.template import number
from pipelines.sources.source import Source
from pipelines.workflow.freshness import FRESH, STALE, Freshness, check_freshness
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.manifest import NAME, folder_entry
from tests.pipelines.planted_fits import step_at
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tlgan.axes.rarity import rare_axes
from tlgan.evaluation.classifier_metrics import BINARY_SCORES
from tlgan.formats.axis_file import read_axes

LOADS = {"src", "srcset", "data", "poster", "background", "action", "formaction", "xlink:href"}
VOID = {"meta", "img", "br", "hr", "link", "input", "col"}


class Page(HTMLParser):
    """What a page says, shows and loads."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.loaded, self.pictures, self.open = [], [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(attributes)
        self.loaded += [value for name, value in attributes.items() if name in LOADS]
        if tag == "link":
            self.loaded.append(attributes.get("href"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if not self.open or self.open[-1] != "style":
            self.words.append(text)


@pytest.fixture
def page(finished, home):
    return Page((home / "runs/toy/report.html").read_text(encoding="utf-8"))


def test_the_page_loads_nothing(page, home):
    assert page.loaded
    assert all(address.startswith("data:image/png;base64,") for address in page.loaded)
    text = (home / "runs/toy/report.html").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|<script|<iframe|<base|http-equiv", text)
    assert all(
        attributes.get("href", "").startswith(("#", "http")) for tag, attributes in page.tags if tag == "a"
    )
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_is_well_formed_and_says_its_language(page):
    assert page.open == []
    assert page.tags[0] == ("html", {"lang": "en"})
    assert ("meta", {"charset": "utf-8"}) in page.tags
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")


def test_every_picture_has_its_own_alternative_text_and_can_be_decoded(page):
    words = [picture["alt"] for picture in page.pictures]
    assert all(len(alternative) > 20 for alternative in words)
    assert len(set(words)) == len(words)
    for picture in page.pictures:
        content = base64.b64decode(picture["src"].removeprefix("data:image/png;base64,"), validate=True)
        assert np.asarray(Image.open(io.BytesIO(content)).convert("L")).std() > 0


def test_strips_show_the_strongest_axes_before_and_after(page, finished, home):
    names = [words["alt"] for words in page.pictures if "steps" in words["alt"]]
    assert len(names) == 4
    assert "Smiling" in names[0]  # 0.83 of 0.76, 0.56, 0.83 and 0.77
    assert "Bald" in names[2]
    picture = Image.open(home / "runs/toy/figures/strip-Smiling-raw.png")
    assert picture.size == (3 * 8, 3 * 8)  # three steps, three faces, eight pixels


def test_the_table_tells_every_attribute_with_its_numbers_and_flags(page, finished):
    recipe = load_recipe(str(finished))
    axes = read_axes(make_plan(recipe).axes.output)
    for name in axes.names:
        row = axes.index(name)
        assert f"{name} " in page.text
        for value in (axes.slopes[row], axes.kept_cosines[row]):
            assert f"{value:.3f}" in page.text
        if not rare_axes(axes)[row]:
            low, high = axes.held_out_low[row], axes.held_out_high[row]
            assert f"{axes.held_out[row]:.2f} ({low:.2f} to {high:.2f})" in page.text
    assert "held-out score may be chance" in page.text


def test_page_tells_what_was_run(page):
    for words in ("600 drawn and labelled pictures", "4 axes of toy", '"family": "auto"'):
        assert words in page.text
    for words in ("Limits of use", "comes without test scores"):
        assert words in page.text


def test_the_page_says_what_axes_are_and_are_not(page, home):
    text = " ".join((home / "runs/toy/report.html").read_text(encoding="utf-8").split())
    assert "These axes are regularities of the labels of a data set" in text
    assert "they are no facts about people" in text
    assert "Do not use it to describe or to decide about anyone." in text


def test_the_learning_curve_is_the_one_that_the_fit_kept(page, finished, home):
    stability = read_stability(make_plan(load_recipe(str(finished))).fits[0].output)
    with (home / "runs/toy/figures/learning.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["samples"]) for row in rows[::4]] == [75, 150, 300, 600]
    errors = [float(row["angular_error"]) for row in rows]
    np.testing.assert_allclose(errors, stability["curve_angular_errors"].ravel())
    assert "no learning curve" not in page.text


def test_fit_without_stability_is_a_sentence_in_place_of_the_curve(finished, home, command):
    with changing_hdf5(make_plan(load_recipe(str(finished))).fits[0].output) as file:
        del file["stability"]
    (home / "runs/toy/report.html").unlink()
    assert command("report", finished)[0] == 0
    page = Page((home / "runs/toy/report.html").read_text(encoding="utf-8"))
    assert "There is no learning curve for toy" in page.text
    assert not (home / "runs/toy/figures/learning.png").exists()


def test_the_page_tells_how_its_faces_were_chosen_and_shows_the_training(
    finished, home, command, monkeypatch
):
    assert "by the discriminator's score" not in (home / "runs/toy/report.html").read_text(encoding="utf-8")
    brightness = Source("d", "d", lambda _: lambda images: images.mean(axis=(1, 2, 3)))
    monkeypatch.setattr(page_module, "discriminator_source", lambda recipe, generator: brightness)
    text = finished.read_text() + '[networks.generator]\nkind = "progressive-gan"\n'
    finished.write_text(text)
    folder = home / "runs/toy/generator"
    folder.mkdir()
    for images, value in ((8, 3.0), (16, 2.5)):
        append_history(folder, "images", images, {"frechet": value})
    assert command("report", finished)[0] == 0
    page = Page((home / "runs/toy/report.html").read_text(encoding="utf-8"))
    assert "Each face is the best of 4 by the discriminator's score" in page.text
    assert "The training of generator" in page.text
    assert (home / "runs/toy/figures/training-generator.csv").read_text().splitlines()[1] == "frechet,8.0,3.0"
    assert command("report", finished, "-s", "report.best_of=1")[0] == 0
    page = Page((home / "runs/toy/report.html").read_text(encoding="utf-8"))
    assert "by the discriminator's score" not in page.text


def test_the_labellers_own_scores_are_told(finished, toy_weights, tmp_path, command, home):
    labeller = tmp_path / "mine.labeller.h5"
    labeller.write_bytes((toy_weights / "toy.labeller.h5").read_bytes())
    scores = dict.fromkeys(BINARY_SCORES, 0.5) | {"accuracy": 0.912, "auc": 0.957}
    card = {"means": {"auc": 0.957}, "attributes": {"Male": scores}, "test_faces": 1234}
    labeller.with_suffix(".json").write_text(json.dumps(card))
    assert command("run", finished, "-s", f"label.labellers=['{labeller}']")[0] == 0
    page = Page((home / "runs/toy/report.html").read_text(encoding="utf-8"))
    assert "on 1,234 pictures it never saw" in page.text  # drawings too may have taught it
    assert "0.912" in page.text
    labeller.with_suffix(".json").write_text(json.dumps(card | {"test_identities_are_held_out": True}))
    assert labeller_scores(str(labeller))["pictures"] == "pictures of people"
    for content in ("[1]", "{}", "not JSON"):  # of another program, by the same name
        labeller.with_suffix(".json").write_text(content)
        assert labeller_scores(str(labeller))["means"] == {}


def test_names_of_attributes_are_escaped(finished, toy_weights, tmp_path, command, home):
    weights = read_weights(toy_weights / "toy.labeller.h5")
    names = ["<script>alert(1)", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "Wearing_Hat & Tie"]
    path = tmp_path / "strange.labeller.h5"
    config = AttributeCnnConfig(**weights.config)
    card = weights.metadata | {"names": names}
    write_weights(path, "attribute_cnn", config, weights.variables, card, "float32")
    overrides = (f"label.labellers=['{path}']", "orthogonalize.base=[]", "export.formats=['npz']")
    status, _, err = command("run", finished, *(part for override in overrides for part in ("-s", override)))
    assert status == 0, err
    text = (home / "runs/toy/report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "<script" not in text
    assert all(address.startswith("data:") for address in page.loaded)
    for words in ("<script>alert(1)", "{{ 7 * 7 }}", "Wearing Hat & Tie"):
        assert words in page.text


def test_cluster_order_puts_similar_axes_side_by_side():
    cosines = np.eye(5)
    for one, other in ((0, 3), (1, 4)):
        cosines[one, other] = cosines[other, one] = -0.95
    order = cluster_order(cosines)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert abs(order.index(0) - order.index(3)) == 1
    assert abs(order.index(1) - order.index(4)) == 1
    assert cluster_order(np.eye(2)) == [0, 1]


def test_number_as_text():
    assert number(0.12345) == "0.123"
    assert number(12.345, 1, "°") == "12.3°"
    assert number(float("nan"), 1, "°") == "–"


def test_scores_of_a_labeller_without_a_card_are_empty(toy_weights):
    assert labeller_scores(str(toy_weights / "toy.labeller.h5"))["attributes"] == {}


def test_page_is_below_half_a_megabyte(home, finished):
    assert Path(home / "runs/toy/report.html").stat().st_size < 500_000


def test_failed_figures_leave_those_of_the_earlier_page(tmp_path):
    folder = tmp_path / "figures"
    step = step_at(tmp_path / "report.html", "report")
    write_report(b"page", {"a/b": Figure(b"png", ("x",), [(1,)])}, step)
    assert (folder / "a_b.csv").read_text(encoding="utf-8").split() == ["x", "1"]
    damaged = {"c": Figure(b"png", ("x",), [(2,)]), "d": Figure(None, ("x",), [])}
    with pytest.raises(TypeError):
        write_report(b"other", damaged, step)
    assert sorted(path.name for path in folder.iterdir()) == [NAME, "a_b.csv", "a_b.png"]
    assert step.output.read_bytes() == b"page"
    write_report(b"other", {"c": damaged["c"]}, step)
    assert sorted(path.name for path in folder.iterdir()) == [NAME, "c.csv", "c.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures", "report.html"]


def test_a_page_without_its_figures_or_with_others_is_not_fresh(tmp_path, home, monkeypatch):
    step = dataclasses.replace(
        step_at(tmp_path / "report.html", "report"),
        place=lambda _: tmp_path / "report.html",
        stored_entry=lambda page: folder_entry(page.parent / "figures"),
    )
    write_report(b"page", {"a": Figure(b"png", ("x",), [(1,)])}, step)
    assert check_freshness(step, Ledger("toy")) == Freshness(FRESH)
    other = dataclasses.replace(step, parameters={"strips": 3})
    monkeypatch.setattr(page_module, "replacing", lambda _: 1 / 0)  # killed between the figures and the page
    with pytest.raises(ZeroDivisionError):
        write_report(b"other", {"a": Figure(b"other", ("x",), [(1,)])}, other)
    Ledger("toy").record(step, 1.0)
    assert check_freshness(step, Ledger("toy")).name == STALE
    assert check_freshness(other, Ledger("toy")).name == STALE
