"""Weight files by name: trained and converted ones before the pretrained."""

from __future__ import annotations

import pytest

from models.weights import locate
from models.weights.locate import find_weights, name_of_weights, names_of
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(locate, "PRETRAINED", tmp_path / "pretrained")
    for folder in (locate.weights_folder(), tmp_path / "pretrained"):
        folder.mkdir(parents=True)
    return locate.weights_folder(), tmp_path / "pretrained"


@pytest.mark.parametrize("ending", [".h5", ".onnx", ".keras"])
def test_find_weights_by_name_and_role(folders, ending):
    trained, pretrained = folders
    (pretrained / f"a.generator{ending}").touch()
    (pretrained / f"a.labeller{ending}").touch()
    assert find_weights("a", "generator") == pretrained / f"a.generator{ending}"
    (trained / f"a.generator{ending}").touch()
    assert find_weights("a", "generator") == trained / f"a.generator{ending}"


def test_find_weights_takes_a_path_as_it_is(tmp_path):
    (tmp_path / "any.pkl").touch()
    assert find_weights(tmp_path / "any.pkl", "generator") == tmp_path / "any.pkl"


@pytest.mark.parametrize("given", ["none", "folder/none.h5", "none.pkl"])
def test_unknown_weights_are_refused_with_the_known_names(folders, given):
    (folders[0] / "mine.generator.h5").touch()
    (folders[1] / "theirs.generator.onnx").touch()
    with pytest.raises(UserError, match=r"\['mine', 'theirs'\]"):
        find_weights(given, "generator")


def test_a_name_of_two_files_is_refused_with_both(folders):
    for ending in (".h5", ".onnx"):
        (folders[0] / f"a.generator{ending}").touch()
    with pytest.raises(UserError, match=r"may be .*a\.generator\.h5 or .*a\.generator\.onnx\. Name the file"):
        find_weights("a", "generator")
    assert find_weights(folders[0] / "a.generator.onnx", "generator").suffix == ".onnx"


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "net.onnx").touch()
    assert find_weights("~/net.onnx", "generator") == tmp_path / "net.onnx"


def test_a_folder_is_given_back_where_no_name_is_meant(folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved.model").mkdir()
    (tmp_path / "saved").mkdir()
    assert find_weights(tmp_path / "saved.model", "generator") == tmp_path / "saved.model"
    assert str(find_weights("saved", "generator")) == "saved"
    (folders[0] / "saved.generator.h5").touch()
    assert find_weights("saved", "generator").name == "saved.generator.h5"


@pytest.mark.parametrize("role", ["judge", "embedder"])
def test_a_labeller_serves_where_nothing_has_the_role(folders, role):
    trained, pretrained = folders
    (trained / "a.labeller.h5").touch()
    assert find_weights("a", role) == trained / "a.labeller.h5"
    (pretrained / f"a.{role}.h5").touch()
    assert find_weights("a", role) == pretrained / f"a.{role}.h5"
    (trained / "a.generator.h5").touch()
    (trained / "b.labeller.h5").touch()
    with pytest.raises(UserError, match=r"\['a', 'b'\]"):
        find_weights("c", role)


def test_networks_that_a_command_fetches_are_refused_with_the_command():
    with pytest.raises(UserError, match=r"Got 'face-api-age-gender'. Fetch it with `make face-api`"):
        find_weights("face-api-age-gender", "judge")
    with pytest.raises(UserError, match="make train"):
        find_weights("age-gender", "judge")


def test_names_of_a_role_are_listed_once(folders):
    for folder, name in (
        (0, "b.translator.h5"),
        (1, "b.translator.h5"),
        (1, "a.translator.onnx"),
        (1, "c.judge.h5"),
    ):
        (folders[folder] / name).touch()
    assert names_of("translator") == ["a", "b"]


def test_a_network_is_found_by_its_hash(folders):
    for folder, content in zip(folders, (b"new", b"old"), strict=True):
        (folder / f"{content.decode()}.generator.h5").write_bytes(content)
    old = file_sha256(folders[1] / "old.generator.h5")
    assert name_of_weights(old, "generator") == "old"
    assert name_of_weights(old, "discriminator") == name_of_weights("ab" * 32, "generator") == ""
