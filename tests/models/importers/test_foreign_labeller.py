"""Foreign labellers: the numbers of a network become scores as its sidecar says."""

from __future__ import annotations

import numpy as np
import pytest

from models.loaders.labeller import load_labeller
from tests.models.conftest import FLOAT, write_onnx
from tlgan.errors import UserError

pytestmark = pytest.mark.network
pytest.importorskip("onnxruntime")

SIZE = 8


def write_labeller(path, layout="NCHW", ending="Softmax", classes=3, batch="N"):
    """A classifier: the mean colour of each half, a dense layer, an ending; two outputs."""
    kernel = np.float32(np.random.default_rng(4).normal(0, 3, (6, classes)))
    shape = [batch, 3, SIZE, SIZE] if layout == "NCHW" else [batch, SIZE, SIZE, 3]

    def build(helper):
        turned = [] if layout == "NCHW" else [helper.make_node("Transpose", ["x"], ["c"], perm=[0, 3, 1, 2])]
        source = "x" if layout == "NCHW" else "c"
        return [
            *turned,
            helper.make_node(
                "AveragePool", [source], ["pooled"], kernel_shape=[SIZE, SIZE // 2], strides=[1, SIZE // 2]
            ),
            helper.make_node("Flatten", ["pooled"], ["features"]),
            helper.make_node("MatMul", ["features", "kernel"], ["logits"]),
            helper.make_node(ending, ["logits"], ["scores"]),
        ]

    infos = [("features", FLOAT, [batch, 6]), ("scores", FLOAT, [batch, classes])]
    write_onnx(path, build, [("x", FLOAT, shape)], infos, [("kernel", kernel)])

    def logits(pixels):
        halves = pixels.reshape(-1, SIZE, 2, SIZE // 2, 3).mean(axis=(1, 3))
        return halves.transpose(0, 2, 1).reshape(-1, 6) @ kernel

    return logits


def images(n=5):
    return np.random.default_rng(0).integers(0, 256, (n, SIZE, SIZE, 3)).astype("uint8")


SIDECAR = """
{top}
[input]
size = 8
layout = "{layout}"
colours = "{colours}"
mean = [120.0, 110.0, 100.0]
scale = [64.0, 128.0, 256.0]
{attributes}
"""


def attribute(name="Male", kind="binary", reads="class probabilities", **more):
    lines = [f'name = "{name}"', f'kind = "{kind}"', f'reads = "{reads}"', 'output = "scores"']
    return (
        "[[attributes]]\n" + "\n".join([*lines, *(f"{key} = {value}" for key, value in more.items())]) + "\n"
    )


def write_sidecar(path, *attributes, layout="NCHW", colours="RGB", top=""):
    text = SIDECAR.format(layout=layout, colours=colours, attributes="".join(attributes), top=top)
    path.with_suffix(".toml").write_text(text)


def prepared(pixels, colours="RGB"):
    pixels = pixels[..., ::-1] if colours == "BGR" else pixels
    return (pixels.astype(float) - [120, 110, 100]) / [64, 128, 256]


def softmax(values):
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("colours", ["RGB", "BGR"])
@pytest.mark.parametrize("batch", ["N", 2])
def test_classes_become_logits_and_expected_values(tmp_path, layout, colours, batch):
    path = tmp_path / "a.labeller.onnx"
    logits = write_labeller(path, layout, batch=batch)
    write_sidecar(
        path,
        attribute("Male", index=1),
        attribute("Age", "continuous", values=[0.25, 1.0, 2.0], unit='"years"', scale=10.0, offset=-1.0),
        layout=layout,
        colours=colours,
    )
    labeller = load_labeller(path)
    assert (labeller.names, labeller.kinds, labeller.units) == (
        ("Male", "Age"),
        ("binary", "continuous"),
        ("", "years"),
    )
    assert (labeller.name, labeller.resolution) == ("a.labeller", SIZE)
    shares = softmax(logits(prepared(images(), colours)))
    scores = labeller(images())
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores[:, 0], np.log(shares[:, 1] / (1 - shares[:, 1])), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(scores[:, 1], shares @ [0.25, 1, 2] * 10 - 1, atol=1e-4)
    assert labeller.features(images()).shape == (5, 6 + 3)


@pytest.mark.parametrize(
    ("ending", "reads", "wanted"),
    [
        ("Identity", "logit", lambda z: z[:, 2]),
        ("Sigmoid", "probability", lambda z: np.clip(z[:, 2], -16.7, 16.7)),
        ("Identity", "class logits", lambda z: z[:, 2] - np.log(np.exp(z[:, :2]).sum(axis=1))),
    ],
)
def test_binary_scores_from_logits_and_probabilities(tmp_path, ending, reads, wanted):
    path = tmp_path / "a.onnx"
    logits = write_labeller(path, ending=ending)
    write_sidecar(path, attribute(reads=reads, index=2))
    np.testing.assert_allclose(
        load_labeller(path)(images())[:, 0], wanted(logits(prepared(images()))), rtol=1e-3, atol=2e-3
    )


def test_class_logits_with_values_and_plain_values(tmp_path):
    path = tmp_path / "a.onnx"
    logits = write_labeller(path, ending="Identity")
    write_sidecar(
        path,
        attribute("mean", "continuous", "class logits", values=[1.0, 2.0, 3.0]),
        attribute("raw", "continuous", "value", index=1),
    )
    values = logits(prepared(images()))
    scores = load_labeller(path)(images())
    np.testing.assert_allclose(scores[:, 0], softmax(values) @ [1, 2, 3], atol=1e-3)
    np.testing.assert_allclose(scores[:, 1], values[:, 1], atol=1e-4)


def several_tasks(path, widths=(7, 2, 9), probabilities=False):
    """A classifier of one output: race, gender and age side by side, as FairFace's."""
    kernel = np.float32(np.random.default_rng(4).normal(0, 3, (3, sum(widths))))
    parts = [f"part{n}" for n in range(len(widths))]

    def build(helper):
        nodes = [
            helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["means"]),
            helper.make_node("MatMul", ["means", "kernel"], ["scores" if not probabilities else "logits"]),
        ]
        if probabilities:
            nodes.append(helper.make_node("Split", ["logits", "widths"], parts, axis=1))
            nodes += [helper.make_node("Softmax", [part], [f"{part}s"], axis=1) for part in parts]
            nodes.append(helper.make_node("Concat", [f"{part}s" for part in parts], ["scores"], axis=1))
        return nodes

    constants = [("kernel", kernel), ("widths", np.int64(widths))]
    infos = [("scores", FLOAT, ["N", sum(widths)])]
    write_onnx(path, build, [("x", FLOAT, ["N", 3, SIZE, SIZE])], infos, constants)
    return lambda pixels: pixels.mean(axis=(1, 2)) @ kernel


AGES = [1.0, 6.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0]


@pytest.mark.parametrize(("probabilities", "reads"), [(False, "class logits"), (True, "class probabilities")])
def test_one_output_of_several_tasks(tmp_path, probabilities, reads):
    path = tmp_path / "a.onnx"
    logits = several_tasks(path, probabilities=probabilities)
    write_sidecar(
        path,
        attribute("Male", reads=reads, index=7, columns=[7, 8]),
        attribute("Female", reads=reads, index=8, columns=[7, 8]),
        attribute("Age", "continuous", reads, columns=list(range(9, 18)), values=AGES, unit='"years"'),
        attribute("White", reads=reads, index=0, columns=[6, 5, 4, 3, 2, 1, 0]),
    )
    male, female, age, white = load_labeller(path)(images(4)).T
    values = logits(prepared(images(4)))
    np.testing.assert_allclose(male, values[:, 7] - values[:, 8], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(female, -male, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(age, softmax(values[:, 9:]) @ AGES, atol=1e-2)
    others = np.log(np.exp(values[:, 1:7]).sum(axis=1))
    np.testing.assert_allclose(white, values[:, 0] - others, rtol=1e-3, atol=1e-3)


def test_probabilities_of_several_tasks_want_their_columns_named(tmp_path):
    path = tmp_path / "a.onnx"
    several_tasks(path, probabilities=True)
    write_sidecar(path, attribute("Male", index=7))
    with pytest.raises(
        UserError, match=r"Male must be one softmax.*add up to 3: name those of its task as `columns`"
    ):
        load_labeller(path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (attribute(index=2, columns=[0, 1]), "`index` must be one of `columns`"),
        (attribute(index=0, columns=[0, 3]), "`columns` of Male must be below 3"),
        (attribute(index=0, columns=[0, 0]), "two or more different columns"),
        (attribute(index=0, columns=[0]), "two or more different columns"),
        (attribute(reads="logit", columns=[0, 1]), "`values` and `columns` belong to classes"),
        (
            attribute(kind="continuous", columns=[0, 1], values=[1.0, 2.0, 3.0]),
            "`values` of Male must be one for each of 2 classes",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path, given, message):
    path = tmp_path / "a.onnx"
    write_labeller(path)
    write_sidecar(path, given)
    with pytest.raises(UserError, match=message):
        load_labeller(path)


def test_scores_of_certain_classes_stay_finite(tmp_path):
    path = tmp_path / "a.onnx"
    write_labeller(path, classes=2)
    write_sidecar(path, attribute(index=0))
    text = (
        path.with_suffix(".toml")
        .read_text()
        .replace("scale = [64.0, 128.0, 256.0]", "scale = [1e-3, 1e-3, 1e-3]")
    )
    path.with_suffix(".toml").write_text(text)
    assert np.isfinite(load_labeller(path)(images())).all()


def test_mirror_and_features_follow_the_sidecar(tmp_path):
    path = tmp_path / "a.onnx"
    logits = write_labeller(path, ending="Identity")
    write_sidecar(path, attribute(reads="logit"), top='mirror = true\nfeatures = "features"')
    labeller = load_labeller(path)
    both = [logits(prepared(faces))[:, 0] for faces in (images(), images()[:, :, ::-1])]
    np.testing.assert_allclose(labeller(images())[:, 0], np.mean(both, axis=0), atol=1e-4)
    assert labeller.features(images()).shape == (5, 6)


def test_labeller_reads_its_part_of_a_face(tmp_path):
    path = tmp_path / "a.onnx"
    logits = write_labeller(path, ending="Identity")
    write_sidecar(path, attribute(reads="logit"))
    text = path.with_suffix(".toml").read_text()
    path.with_suffix(".toml").write_text(
        text.replace("size = 8", "size = 8\nleft = 0.25\ntop = 0.5\nside = 0.5")
    )
    labeller = load_labeller(path)
    faces = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("uint8")
    part = faces[:, 16:, 8:24].reshape(3, 8, 2, 8, 2, 3).astype(float).mean(axis=(2, 4))
    cropped = labeller.crop(faces)
    np.testing.assert_array_equal(cropped, np.floor(part + 0.5))
    np.testing.assert_allclose(labeller(cropped)[:, 0], logits(prepared(cropped))[:, 0], atol=1e-4)
    np.testing.assert_array_equal(labeller.score_rows(faces, np.zeros((3, 2)), 40), labeller(cropped))
    path.with_suffix(".toml").write_text(text.replace("size = 8", "size = 8\nleft = 0.75\nside = 0.5"))
    with pytest.raises(UserError, match=r"a.toml: `left`"):
        load_labeller(path)


def test_crop_leaves_images_of_the_right_size_as_they_are(tmp_path):
    path = tmp_path / "a.onnx"
    write_labeller(path)
    write_sidecar(path, attribute())
    faces = images()
    assert load_labeller(path).crop(faces) is faces


def test_hash_of_a_labeller_covers_its_sidecar(tmp_path):
    path = tmp_path / "a.onnx"
    write_labeller(path)
    write_sidecar(path, attribute(index=1))
    first = load_labeller(path).sha256
    write_sidecar(path, attribute(index=2))
    assert load_labeller(path).sha256 != first


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ([attribute(index=3)], "`index` of Male must be below 3"),
        (
            [attribute(kind="continuous", values=[1.0, 2.0])],
            "`values` of Male must be one for each of 3 classes",
        ),
        ([attribute().replace("scores", "nothing")], "has no output 'nothing'"),
        ([attribute().replace('"scores"', "7")], "has no output 7"),
    ],
)
def test_sidecars_that_do_not_fit_are_refused_when_loaded(tmp_path, attributes, message):
    path = tmp_path / "a.onnx"
    write_labeller(path)
    write_sidecar(path, *attributes)
    with pytest.raises(UserError, match=message):
        load_labeller(path)


def test_missing_sidecar_and_other_layout_are_refused(tmp_path):
    path = tmp_path / "a.onnx"
    write_labeller(path, "NCHW")
    with pytest.raises(UserError, match="needs a sidecar"):
        load_labeller(path)
    write_sidecar(path, attribute(), layout="NHWC")
    with pytest.raises(UserError, match="correct `input`"):
        load_labeller(path)
