"""Sections of a recipe: defaults, bounds, unknown keys."""

from __future__ import annotations

import msgspec
import pytest

from data.images.splits import DEFAULT_SHARES
from data.synthetic.nonlinearities import SHAPES
from pipelines.recipe import sections
from pipelines.recipe.sections import Data, Evaluate, KnownAxes, Label, Report, Sample, View, as_mapping
from tlgan.axes.axes import METHODS
from tlgan.editing.edit_methods import EDIT_METHODS
from tlgan.formats.import_export import FORMATS


@pytest.mark.parametrize(
    ("section", "content"),
    [
        ("Data", {"kind": "imagenet"}),
        ("Data", {"resolution": 48}),
        ("Data", {"split": [0.5, 0.5]}),
        ("Data", {"split": [1.0, 0.0, 0.0]}),
        ("KnownAxes", {"latent_dim": 19}),
        ("KnownAxes", {"noise": -0.1}),
        ("Sample", {}),
        ("Sample", {"generator": "a", "count": 0}),
        ("Sample", {"generator": "a", "until": "3"}),
        ("Sample", {"generator": "a", "until": "three degrees"}),
        ("Sample", {"generator": "a", "precision": "float8"}),
        ("Ray", {"workers": -1}),
        ("View", {"size": 8, "side": 0}),
        ("View", {"size": 8, "left": 1.0}),
        ("Label", {"labellers": []}),
        ("Fit", {"family": "poisson"}),
        ("Fit", {"ridge": "chosen"}),
        ("Orthogonalize", {"method": "qr"}),
        ("Evaluate", {"steps": []}),
        ("Evaluate", {"edits": ["sideways"]}),
        ("Evaluate", {"realism": 12}),
        ("Evaluate", {"equal_change": []}),
        ("Evaluate", {"equal_change": [0.5, 0]}),
        ("KnownAxes", {"nonlinearity": "cubic"}),
        ("Export", {"formats": ["yaml"]}),
        ("Report", {"steps": 2}),
        ("Report", {"reach": 0}),
        ("Fit", {"colour": 1}),
    ],
)
def test_section_refuses(section, content):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(content, getattr(sections, section))


@pytest.mark.parametrize("text", ["3 degrees", "1 degree", "0.5 degrees", ""])
def test_sample_takes_a_bound_in_degrees(text):
    assert msgspec.convert({"generator": "a", "until": text}, Sample).until == text


def test_sections_offer_what_the_package_has():
    def choices(section, field) -> set[str]:
        (type_,) = [f.type for f in msgspec.inspect.type_info(section).fields if f.name == field]
        while not hasattr(type_, "values"):
            type_ = type_.item_type
        return set(type_.values)

    assert choices(sections.Orthogonalize, "method") == set(METHODS)
    assert choices(Evaluate, "edits") == set(EDIT_METHODS)
    assert choices(sections.Export, "formats") == set(FORMATS)
    assert choices(KnownAxes, "nonlinearity") == set(SHAPES)


@pytest.mark.parametrize(("given", "changes"), [(0.5, (0.5,)), ([0.5, 1.0], (0.5, 1.0))])
def test_edits_are_compared_at_one_change_or_several(given, changes):
    options = msgspec.convert({"equal_change": given}, Evaluate)
    assert options.equal_changes == changes
    assert Evaluate().equal_changes == (0.5,)


def test_shares_of_the_default_split_are_the_whole():
    assert Data().split == "given"
    assert sum(DEFAULT_SHARES) == pytest.approx(1)


def test_as_mapping_has_every_key_and_none_for_an_absent_section():
    assert as_mapping(View(size=8)) == {"size": 8, "left": 0.0, "top": 0.0, "side": 1.0}
    assert as_mapping(Label(labellers=("a",))) == {"labellers": ("a",)}
    assert as_mapping(None) == {}


def test_sections_are_values():
    assert KnownAxes() == KnownAxes()
    with pytest.raises(AttributeError, match="immutable"):
        Report().strips = 3
