"""Axes as JSON: what is refused."""

from __future__ import annotations

import json

import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.import_export import export_axes, import_axes
from tlgan.formats.json_file import write_json


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), "must have format"),
        (lambda d: d.update(format_version=2), "reads up to 1. Upgrade"),
        (lambda d: d.update(format_version="x"), "format version"),
        (lambda d: d.update(axes=[]), "list `axes`"),
        (lambda d: d.update(axes={}), "list `axes`"),
        (lambda d: d["axes"].append(3), "list `axes`"),
        (lambda d: d["axes"][1].pop("slope"), "axis number 2 lacks 'slope'"),
        (lambda d: d["axes"][1].update(slope="x"), "could not convert"),
        (lambda d: d["axes"][1].update(slope=[1]), "JSON file"),
        (lambda d: d["axes"][1].update(name=3), "sequence of texts"),
        (lambda d: d["axes"][1].update(kind="x"), "one of binary"),
        (lambda d: d["axes"][1].update(n_samples=-1), "whole numbers"),
        (lambda d: d["axes"][1].update(n_samples=10**30), "whole numbers"),
        (lambda d: d["axes"][1].update(direction=[1.0]), "of one length"),
        (lambda d: d["axes"][1].update(direction=None), "of one length"),
        (lambda d: d["axes"][1].update(direction=[[1.0]] * 12), "JSON file"),
        (lambda d: d.update(base="Male"), "sequence of texts"),
        (lambda d: d.update(latent_space=3), "one of sphere, normal, uniform"),
        (lambda d: d.update(generator=None), "printable"),
    ],
)
def test_json_refuses(axes, tmp_path, change, message):
    export_axes(axes, tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text())
    change(document)
    (tmp_path / "x.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match=message):
        import_axes([tmp_path / "x.json"])


@pytest.mark.parametrize(
    ("document", "there"),
    [
        ({"components": [], "mean": 0}, "It has components, mean"),
        ([1], "It has a list"),
        ({"axes": []}, "It has axes"),
    ],
)
def test_json_of_other_programs_is_told_with_what_it_has(tmp_path, document, there):
    (tmp_path / "x.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match=rf"must be an object with a list `axes` of objects\. {there}"):
        import_axes([tmp_path / "x.json"])


def test_json_has_no_nan(axes, tmp_path):
    export_axes(axes, tmp_path / "x.json")
    json.loads((tmp_path / "x.json").read_text(), parse_constant=pytest.fail)


def test_json_document_as_documented(tmp_path):
    axes = axes_from_directions(["Âge"], [[0.6, 0.8]], latent_space="sphere", generator="toy")
    assert write_json(axes, tmp_path / "x.json") == []
    document = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert document["latent_dim"] == 2
    assert (document["generator"], document["method"], document["base"]) == ("toy", "none", [])
    (entry,) = document["axes"]
    assert entry["name"] == "Âge"
    assert entry["direction"] == entry["raw_direction"] == [0.6, 0.8]
    assert entry["slope"] is None
