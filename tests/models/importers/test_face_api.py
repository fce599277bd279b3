"""The npm package of face-api: names are mapped, scale layers folded, other files refused."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import numpy as np
import pytest

from models.importers import face_api
from models.importers.face_api import LEAVES, PUBLISHED, SIDECARS, Published, convert_package, to_keras
from models.importers.face_networks import FACE_NETWORKS
from models.importers.sidecar import LabellerSidecar, read_sidecar
from models.loaders.labeller import load_labeller
from models.weights.weight_file import network_arrays, read_weights
from tests.models.networks.plain_layers import convolve, randomize
from tlgan.errors import UserError

SOURCE = "tiny_face_detector_model"


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A package that holds a detector with random weights, as the real one does, and these weights."""
    kind = FACE_NETWORKS["face_detector"]
    network = kind.build(kind.config())
    randomize(network)
    names = {keras: theirs for theirs, keras in LEAVES.items() if theirs != "weights"}
    weights, content = [], b""
    for name, array in network_arrays(network).items():
        layer, leaf = name.split("/")
        weights.append({"name": f"{layer}/{names[leaf]}", "shape": list(array.shape), "dtype": "float32"})
        content += array.astype("<f4").tobytes()
    manifest = json.dumps([{"paths": [f"{SOURCE}.bin"], "weights": weights}]).encode()
    path = tmp_path_factory.mktemp("package") / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, part in ((f"{SOURCE}-weights_manifest.json", manifest), (f"{SOURCE}.bin", content)):
            member = tarfile.TarInfo(f"package/model/{name}")
            member.size = len(part)
            archive.addfile(member, io.BytesIO(part))
    hashes = (hashlib.sha256(part).hexdigest() for part in (manifest, content))
    return path, Published("face-api-detector.labeller", "face_detector", *hashes), network_arrays(network)


@pytest.fixture
def package(made_up, monkeypatch):
    """The made-up package, as if it were the published one."""
    path, published, _ = made_up
    monkeypatch.setattr(face_api, "PACKAGE_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(face_api, "PUBLISHED", {SOURCE: published})
    return path


@pytest.mark.network
def test_convert_package_writes_networks_that_load_by_name(package, made_up, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    [path] = convert_package(package, tmp_path / "artifacts" / "weights")
    weights = read_weights(path)
    assert (weights.kind, weights.metadata["license"]) == ("face_detector", "MIT")
    for name, array in made_up[2].items():
        np.testing.assert_array_equal(weights.variables[name], array)
    labeller = load_labeller("face-api-detector")
    assert (labeller.names, labeller.kinds) == (("Face",), ("binary",))
    scores = labeller.score_rows(np.zeros((2, 64, 64, 3), np.uint8))
    assert scores.shape == (2, 1)
    assert np.isfinite(scores).all()


@pytest.mark.network
def test_convert_package_leaves_a_sidecar_as_it_is(package, tmp_path):
    sidecar = tmp_path / "face-api-detector.labeller.toml"
    sidecar.write_text("mine")
    first = convert_package(package, tmp_path)[0].read_bytes()
    assert sidecar.read_text() == "mine"
    sidecar.unlink()
    assert convert_package(package, tmp_path)[0].read_bytes() == first
    assert sidecar.read_bytes() == (SIDECARS / sidecar.name).read_bytes()


@pytest.mark.network
@pytest.mark.parametrize("place", [2, 3])
def test_a_file_of_the_package_with_another_hash_is_refused(package, made_up, tmp_path, monkeypatch, place):
    changed = [*made_up[1]]
    changed[place] = "0" * 64
    monkeypatch.setattr(face_api, "PUBLISHED", {SOURCE: Published(*changed)})
    with pytest.raises(UserError, match=f"{SOURCE}.*: must have the SHA-256 0000"):
        convert_package(package, tmp_path)
    assert not list(tmp_path.glob("*.h5"))


def test_another_package_is_refused_before_it_is_opened(tmp_path):
    with pytest.raises(
        UserError, match=r"no such file of @vladmandic/face-api 1\.7\.15. Run `make face-api`"
    ):
        convert_package(tmp_path / "none.tgz", tmp_path)
    (tmp_path / "other.tgz").write_bytes(b"other")
    with pytest.raises(
        UserError, match=r"must have the SHA-256 0d77fffe.* Delete it and run `make face-api`"
    ):
        convert_package(tmp_path / "other.tgz", tmp_path)


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_package_that_is_no_archive_is_one_line(tmp_path, monkeypatch, content):
    path = tmp_path / "a.tgz"
    path.write_bytes(content)
    monkeypatch.setattr(face_api, "PACKAGE_SHA256", hashlib.sha256(content).hexdigest())
    with pytest.raises(UserError, match=r"a\.tgz: is not an npm package that can be read"):
        convert_package(path, tmp_path)


def test_a_package_without_a_network_is_one_line(package, tmp_path, monkeypatch):
    monkeypatch.setattr(face_api, "PUBLISHED", {"other_model": PUBLISHED["age_gender_model"]})
    with pytest.raises(UserError, match=r"package\.tgz: is not an npm package .*other_model"):
        convert_package(package, tmp_path)


def test_to_keras_folds_scale_layers_into_their_convolutions():
    random = np.random.default_rng(0)
    theirs = {
        "a_1/conv1/conv/filters": random.normal(size=(3, 3, 2, 4)).astype("f4"),
        "a_1/conv1/conv/bias": random.normal(size=4).astype("f4"),
        "a_1/conv1/scale/weights": random.normal(size=4).astype("f4"),
        "a_1/conv1/scale/biases": random.normal(size=4).astype("f4"),
    }
    plain = {f"x/{LEAVES[leaf]}": theirs[f"a_1/conv1/conv/{leaf}"] for leaf in ("filters", "bias")}
    maps = random.normal(size=(1, 5, 5, 2))
    wanted = convolve(maps, plain, "x") * theirs["a_1/conv1/scale/weights"] + theirs["a_1/conv1/scale/biases"]
    folded = to_keras(theirs)
    assert set(folded) == {"a_1.conv1/kernel", "a_1.conv1/bias"}
    np.testing.assert_allclose(convolve(maps, folded, "a_1.conv1"), wanted, atol=1e-5)


def test_to_keras_renames_other_layers():
    names = [
        "fc",
        "fc/age/weights",
        "fc/age/bias",
        "b/c/depthwise_filter",
        "b/c/pointwise_filter",
        "d/filters",
    ]
    assert list(to_keras(dict.fromkeys(names, np.zeros(1, "f4")))) == [
        "fc/kernel",
        "fc.age/kernel",
        "fc.age/bias",
        "b.c/depthwise_kernel",
        "b.c/pointwise_kernel",
        "d/kernel",
    ]


@pytest.mark.parametrize("published", [entry for entry in PUBLISHED.values() if "labeller" in entry.name])
def test_every_labeller_has_a_sidecar_for_its_size(published):
    sidecar = read_sidecar(SIDECARS / f"{published.name}.toml", LabellerSidecar)
    assert sidecar.input.size == FACE_NETWORKS[published.kind].config().size
