"""A regressor as columns: the formats that carry it, and what is refused of it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tests.tlgan.formats.regressor_example import NAMES, assert_same_regressor, make_regressor
from tlgan.errors import UserError
from tlgan.formats import regressor_columns as module
from tlgan.formats.import_export import export_axes, import_axes
from tlgan.formats.regressor_columns import ARRAYS, regressor_from_columns, regressor_to_columns


@pytest.fixture
def columns():
    return regressor_to_columns(make_regressor())


def test_columns_come_back(columns):
    assert_same_regressor(regressor_from_columns(columns), make_regressor())
    assert regressor_to_columns(None) == {}
    assert regressor_from_columns({"names": ["a"]}) is None
    arrays = {name for name, value in columns.items() if isinstance(value, np.ndarray)}
    assert arrays < set(ARRAYS)


def test_columns_of_the_sort_that_may_be_missing_are_unknown(columns):
    for field in (
        "straight_held_out",
        "component_held_out",
        "groups",
        "generator_sha256",
        "activation",
        "version",
    ):
        del columns[f"regressor_{field}"]
    columns["regressor_weights_1"] = columns["regressor_weights_1"][:, :, :3]
    columns["regressor_biases_1"] = columns["regressor_biases_1"][:, :3]
    regressor = regressor_from_columns(columns)
    assert np.isnan(regressor.straight_held_out).all()
    assert (regressor.groups, regressor.generator_sha256, regressor.n_components) == ((), "", 0)


def without(field):
    return lambda columns: columns.pop(f"regressor_{field}")


def with_value(field, value):
    return lambda columns: columns.update({f"regressor_{field}": value})


BAD = [
    (with_value("version", 2), "regressor of version 2; this tlgan reads version 1"),
    (with_value("activation", "relu"), "activation must be 'gelu'"),
    (with_value("groups", "[1]"), "JSON list of lists of names"),
    (with_value("generator_sha256", "x"), "64 lower-case hexadecimal"),
    (with_value("names", ["a", "a", "b"]), "'a' is there twice"),
    (with_value("names", ["a"]), r"for each name \(1\)"),
    (without("names"), "lacks 'regressor_names'; export it again"),
    (without("scales"), "lacks 'regressor_scales'"),
    (without("biases_0"), "lacks 'regressor_biases_0'"),
    (without("weights_0"), "lacks 'regressor_weights_0'"),
    (with_value("weights_3", np.ones((2, 4, 4), "f4")), "lacks 'regressor_weights_2'"),
    (with_value("scales", np.zeros(3)), "above 0 and finite"),
    (with_value("offsets", np.full(3, np.nan)), "must be finite"),
    (with_value("weights_0", np.full((2, 12, 5), np.nan)), "must be finite"),
    (with_value("weights_0", np.ones((12, 5))), "3 dimension"),
    (with_value("weights_1", np.ones((2, 6, 4))), "Layer 1 of the regressor"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_columns_are_refused(columns, change, message):
    change(columns)
    with pytest.raises(UserError, match=message):
        regressor_from_columns(columns)


def test_too_many_weights_are_refused(columns, monkeypatch):
    monkeypatch.setattr(module, "MAX_WEIGHTS", 100)
    with pytest.raises(UserError, match=r"at most 100 weights\. Got 160"):
        regressor_from_columns(columns)


@pytest.mark.parametrize("name", ["x.axes.h5", "x.npz", "x.safetensors"])
def test_formats_carry_the_regressor(axes, tmp_path, name):
    if name.endswith("safetensors"):
        pytest.importorskip("safetensors.numpy")
    assert export_axes(dataclasses.replace(axes, regressor=make_regressor()), tmp_path / name) == []
    back, notes = import_axes([tmp_path / name])
    assert notes == []
    assert_same_regressor(back.regressor, make_regressor())
    assert export_axes(axes, tmp_path / name) == []
    assert import_axes([tmp_path / name])[0].regressor is None


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.pkl", "folder"])
def test_formats_that_lose_the_regressor_say_so(axes, tmp_path, name):
    (note,) = export_axes(dataclasses.replace(axes, regressor=make_regressor()), tmp_path / name)
    assert "latent regressor" in note
    assert "latent regressor" not in " ".join(export_axes(axes, tmp_path / name))
    assert import_axes([tmp_path / name])[0].regressor is None


@pytest.mark.parametrize("name", ["x.npz", "x.safetensors"])
def test_files_with_a_bad_regressor_are_refused_in_one_line(axes, tmp_path, name):
    whole = regressor_to_columns(make_regressor())
    minimal = {"names": ["a"], "directions": np.eye(1, 12)}
    for change, _ in BAD:
        columns = dict(whole)
        change(columns)
        write(tmp_path / name, minimal | columns)
        with pytest.raises(UserError) as caught:
            import_axes([tmp_path / name])
        assert str(caught.value).startswith(str(tmp_path / name))
        assert "\n" not in str(caught.value)
    write(tmp_path / name, minimal | whole)
    assert import_axes([tmp_path / name])[0].regressor.names == NAMES
    write(tmp_path / name, minimal | whole | {"directions": np.eye(1, 11)})
    with pytest.raises(UserError, match=r"must read latents of the axes' size \(11\). Got 12"):
        import_axes([tmp_path / name])


def write(path, columns) -> None:
    """Columns as a file of the format that the path ends in."""
    if path.suffix == ".npz":
        np.savez(path, **{name: np.asarray(value) for name, value in columns.items()})
        return
    save_file = pytest.importorskip("safetensors.numpy").save_file
    arrays = {name: value for name, value in columns.items() if isinstance(value, np.ndarray)}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in columns.items()
        if name not in arrays
    }
    save_file(arrays, path, metadata=texts)
