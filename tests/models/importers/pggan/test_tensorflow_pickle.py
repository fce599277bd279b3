"""Published pickles: equal to the definition in NumPy, and nothing in them is run."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from models.importers.pggan.tensorflow_pickle import read_official_pggan
from tests.models.conftest import official_state, write_official
from tlgan.errors import UserError


@pytest.mark.parametrize(
    ("protocol", "names_of_2018"),
    # From protocol 4 on, a pickle states the length of names: they cannot be replaced in its bytes.
    [(2, False), (2, True), (3, False), (3, True), (4, False), (5, False)],
)
def test_pickles_of_every_protocol_and_numpy_are_read(tmp_path, protocol, names_of_2018):
    state = official_state()
    path = write_official(tmp_path / "g.pkl", state, protocol, names_of_2018)
    variables = read_official_pggan(path).generator.variables
    np.testing.assert_array_equal(variables["conv4/kernel"], dict(state["variables"])["4x4/Conv/weight"])


def test_generator_is_the_moving_average(tmp_path):
    states = (official_state(seed=1, name="G"), official_state("D_paper", name="D"), official_state(seed=3))
    file = read_official_pggan(write_official(tmp_path / "all.pkl", states))
    average = dict(states[2]["variables"])["4x4/Conv/weight"]
    np.testing.assert_array_equal(file.generator.variables["conv4/kernel"], average)
    assert file.discriminator is not None


def change_variable(state, name, value):
    state["variables"] = [(key, value if key == name else old) for key, old in state["variables"]]


def drop(state, name):
    state["variables"] = [pair for pair in state["variables"] if pair[0] != name]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda state: state.update(version=3), "`version` must be 2. Got 3"),
        (lambda state: state.pop("version"), "`version` must be 2. Got None"),
        (
            lambda state: state.update(build_func_name="G_style"),
            "must be built by G_paper or D_paper. Got 'G_style'",
        ),
        (lambda state: state.pop("variables"), "must have `static_kwargs` and `variables`"),
        (lambda state: state.update(static_kwargs=[1]), "must have `static_kwargs` and `variables`"),
        (lambda state: state["static_kwargs"].update(resolution=48), "`resolution` must be a power of two"),
        (lambda state: state["static_kwargs"].update(resolution="16"), "`resolution` must be a number"),
        (
            lambda state: state["static_kwargs"].update(fused_scale="yes"),
            "`fused_scale` must be true or false",
        ),
        (lambda state: state["static_kwargs"].update(fmap_max=2**40), "`fmap_max` must be a number"),
        (
            lambda state: state["static_kwargs"].update(fmap_max=2**20, fmap_base=2**23),
            "`maps` must be from 1 to 65536",
        ),
        (
            lambda state: state["static_kwargs"].update(latent_size=11),
            "`4x4/Dense/weight` must be floats of shape",
        ),
        (lambda state: state["static_kwargs"].update(latent_size=0), "`latent_dim` must be from 1"),
        (
            lambda state: state["static_kwargs"].update(fused_scale=False),
            r"Missing: \[16x16/Conv0/bias, 16x16/Conv0",
        ),
        (lambda state: drop(state, "8x8/Conv1/bias"), r"Missing: \[8x8/Conv1/bias\]. Left over: \[\]"),
        (
            lambda state: state["variables"].append(("extra/weight", np.zeros(2, "f4"))),
            r"Left over: \[extra/weight\]",
        ),
        (lambda state: state["variables"].append(("4x4/Conv/bias", np.zeros(12, "f4"))), "must occur once"),
        (lambda state: state["variables"].append("text"), "must be pairs of name and array"),
        (lambda state: state["variables"].append(("a", "b")), "must be an array of floats"),
        (
            lambda state: change_variable(state, "4x4/Conv/weight", np.zeros((3, 3, 2, 2), "f4")),
            "must be floats of shape",
        ),
        (
            lambda state: change_variable(state, "4x4/Conv/bias", np.zeros(12, "i4")),
            "must be floats of shape",
        ),
        (lambda state: change_variable(state, "4x4/Conv/bias", np.full(12, np.nan, "f4")), "must be finite"),
        (
            lambda state: change_variable(state, "lod", np.float32(1.5)),
            "must be fully grown, `lod` 0. Got 1.5",
        ),
    ],
)
def test_states_that_are_not_the_published_network_are_refused(tmp_path, damage, message):
    state = official_state()
    damage(state)
    path = write_official(tmp_path / "g.pkl", state)
    with pytest.raises(UserError, match=message) as error:
        read_official_pggan(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("module", "kind"), [("dnnlib.tflib.network", "Network"), ("tfutil", "Optimizer")])
def test_other_classes_are_refused_by_name(tmp_path, module, kind):
    path = write_official(tmp_path / "g.pkl", official_state(), module=module, kind=kind)
    with pytest.raises(UserError, match=f"names '{module}.{kind}'"):
        read_official_pggan(path)


def test_discriminator_alone_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds a discriminator only"):
        read_official_pggan(write_official(tmp_path / "d.pkl", official_state("D_paper")))


@pytest.mark.parametrize("content", [[1, 2], {"a": np.zeros(3)}, (), None, "text"], ids=repr)
def test_other_pickles_are_refused(tmp_path, content):
    path = tmp_path / "other.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match="must hold networks"):
        read_official_pggan(path)


class Calls:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("place", ["alone", "beside", "in the state", "in the source", "nested", "as a key"])
def test_pickles_that_run_code_are_refused_and_not_run(tmp_path, protocol, place):
    mark = tmp_path / "mark"
    bomb = Calls(os.system, f"touch {mark}")
    state = official_state()
    if place == "in the state":
        state["bomb"] = bomb
    elif place == "in the source":
        state["build_module_src"] = bomb
    elif place == "nested":
        state["variables"].append(
            ("bomb", Calls(np.frombuffer, Calls(bytes, [Calls(os.system, f"touch {mark}")])))
        )
    elif place == "as a key":
        state["static_kwargs"][("a", bomb)] = 1
    path = tmp_path / "bomb.pkl"
    if place == "alone":
        path.write_bytes(pickle.dumps(bomb, protocol))
    else:
        write_official(path, state, protocol)
    if place == "beside":
        path.write_bytes(path.read_bytes()[:-1] + pickle.dumps(bomb, protocol)[2:-1] + b"\x86.")
    with pytest.raises(UserError):
        read_official_pggan(path)
    assert not mark.exists()


def test_pickle_that_runs_code_does_run_in_pickle_itself(tmp_path):
    mark = tmp_path / "mark"
    pickle.loads(pickle.dumps(Calls(os.system, f"touch {mark}")))
    assert mark.exists()


def test_source_text_is_never_executed(tmp_path):
    mark = tmp_path / "mark"
    state = official_state()
    state["build_module_src"] = f"open({str(mark)!r}, 'w').close()\n"
    read_official_pggan(write_official(tmp_path / "g.pkl", state))
    assert not mark.exists()


def test_cut_pickles_are_refused(tmp_path):
    path = write_official(tmp_path / "g.pkl", official_state(resolution=8))
    whole = path.read_bytes()
    for size in [*range(0, 400, 7), *range(400, len(whole), 997), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(UserError):
            read_official_pggan(path)


def test_one_network_named_three_times_is_read_once(tmp_path):
    # G and Gs may be one object; its arrays then stand in the file once.
    once = write_official(tmp_path / "g.pkl", official_state()).read_bytes()
    (tmp_path / "g.pkl").write_bytes(once[:-1] + b"2\x86.")  # duplicate the top of the stack, make a pair
    assert read_official_pggan(tmp_path / "g.pkl").generator.config.resolution == 16


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        read_official_pggan(tmp_path / "none.pkl")
