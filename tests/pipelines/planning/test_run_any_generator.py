"""Every kind of generator through the whole pipeline, under a labeller of another size and framing."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.sources.labellers import labeller_source
from tests.models.conftest import (
    gan_zoo_state,
    genforce_state,
    official_state,
    onnx_generator,
    write_official,
    write_torch,
)
from tests.pipelines.conftest import write_toy_recipe
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows

pytestmark = pytest.mark.network


def keras_model(folder):
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    images = keras.layers.Reshape((12, 12, 3))(keras.layers.Dense(432, activation="tanh")(inputs))
    keras.Model(inputs, images).save(folder / "mine.keras")
    return folder / "mine.keras"


def keras_weights(folder):
    from models.networks.progressive_gan import GanConfig, ProgressiveGenerator

    ProgressiveGenerator(GanConfig(16, 7, (6, 4, 3))).save_weights(folder / "mine.weights.h5")
    return folder / "mine.weights.h5"


def onnx_model(folder):
    pytest.importorskip("onnxruntime")
    onnx_generator(folder / "mine.onnx", side=12)
    return folder / "mine.onnx"


KINDS = {
    "published, fused": lambda folder: write_official(
        folder / "mine.pkl", (official_state(), official_state("D_paper", "D"), official_state())
    ),
    "published, plain": lambda folder: write_official(
        folder / "mine.pkl", official_state(resolution=8, fused_scale=False), protocol=2
    ),
    "pytorch_GAN_zoo": lambda folder: write_torch(
        folder / "mine.pth", {"config": {"dim": 8}, "avgG": gan_zoo_state(), "netG": gan_zoo_state(seed=1)}
    ),
    "genforce": lambda folder: write_torch(folder / "mine.pth", genforce_state()),
    "onnx": onnx_model,
    "keras": keras_model,
    "keras weights": keras_weights,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_generator_goes_through_the_whole_pipeline(kind, tmp_path, home, toy_weights):
    path = KINDS[kind](tmp_path)
    settings = (f"sample.generator='{path}'", "sample.count=120", "report.faces=1", "report.strips=1")
    if path.suffix in (".onnx", ".keras"):
        settings += ("sample.latent_space=normal",)
    recipe = load_recipe(str(write_toy_recipe(tmp_path, toy_weights)), settings)
    plan = make_plan(recipe)
    assert run(recipe, plan) == len(list(plan)) == 6
    axes = read_axes(home / "runs/toy/axes/toy.axes.h5")
    assert set(axes.names) <= {"Male", "Young", "Smiling", "Bald"}
    assert (axes.latent_space == "normal") == (path.suffix in (".onnx", ".keras"))
    sample, label = (plan.sample, plan.labels[0])
    images = np.asarray(map_rows(sample.output, "images"))
    labeller = labeller_source(recipe, recipe.label.labellers[0]).open()
    assert labeller.resolution == 8
    np.testing.assert_allclose(
        map_rows(label.output, "scores"), labeller(labeller.crop(images)), rtol=1e-4, atol=1e-3
    )
    assert (home / "runs/toy/report.html").is_file()
    assert run(recipe, make_plan(recipe)) == 0


def test_a_labeller_reads_its_own_part_of_the_pictures(finished, tmp_path, command):
    pytest.importorskip("onnxruntime")
    from tests.models.importers.test_foreign_labeller import (
        attribute,
        prepared,
        write_labeller,
        write_sidecar,
    )

    path = tmp_path / "part.labeller.onnx"
    logits = write_labeller(path, ending="Identity")
    write_sidecar(path, attribute("Shade", reads="logit"))
    card = path.with_suffix(".toml")
    card.write_text(card.read_text().replace("size = 8", "size = 8\nleft = 0.25\ntop = 0.5\nside = 0.5"))
    override = f"label.labellers=['{path}']"
    status, _, err = command("label", finished, "-s", override)
    assert status == 0, err
    plan = make_plan(load_recipe(str(finished), (override,)))
    images, scores = (
        np.asarray(map_rows(step.output, name, 600))
        for step, name in ((plan.sample, "images"), (plan.labels[0], "scores"))
    )
    seen = images[:, 4:, 2:6].repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(scores[:, 0], logits(prepared(seen))[:, 0], atol=1e-3)
