"""A toy pipeline: a random generator of 8×8 pictures and a random labeller, run whole within a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.models.network_here import NetworkHere

ATTRIBUTES = ("Male", "Young", "Smiling", "Bald")


@pytest.fixture(autouse=True)
def networks_run_here(monkeypatch):
    """Networks of these tests are their own: no process of its own is started for each."""
    monkeypatch.setattr("models.importers.first_pass.process.start_process", NetworkHere)


def numbers_for(network) -> dict[str, np.ndarray]:
    """Numbers of a network that NumPy draws: the same on every backend and with every version of Keras."""
    from models.weights.weight_file import network_arrays

    random = np.random.default_rng(3)
    numbers = {}
    for name, like in sorted(network_arrays(network).items()):
        last = name.rsplit("/", 1)[-1]
        if last in ("gamma", "moving_variance"):
            numbers[name] = np.ones_like(like)
        elif last in ("beta", "moving_mean") or (last == "bias" and like.ndim == 1):
            numbers[name] = 0.1 * random.standard_normal(like.shape).astype("float32")
        else:
            numbers[name] = random.standard_normal(like.shape).astype("float32")
    return numbers


@pytest.fixture(scope="session")
def toy_weights(tmp_path_factory):
    """Folder with `toy.generator.h5` and `toy.labeller.h5`, random but always the same."""
    from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
    from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
    from models.weights.weight_file import write_weights

    folder = tmp_path_factory.mktemp("weights")
    config = GanConfig(resolution=8, latent_dim=8, maps=(8, 8))
    numbers = numbers_for(ProgressiveGenerator(config))
    write_weights(folder / "toy.generator.h5", "generator", config, numbers, dtype="float32")
    config = AttributeCnnConfig(resolution=8, outputs=len(ATTRIBUTES), widths=(8, 8), depths=(1, 1))
    card = {
        "names": ATTRIBUTES,
        "kinds": ["binary"] * 4,
        "units": ["logit"] * 4,
        # Bring the random outputs to logits around zero, so that both signs occur.
        "scales": [0.002] * 4,
        "offsets": [0.9, -1.1, 4.3, 4.4],
    }
    numbers = numbers_for(build_attribute_cnn(config))
    write_weights(folder / "toy.labeller.h5", "attribute_cnn", config, numbers, card, dtype="float32")
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, empty, for `artifacts/` and `runs/`."""
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write_toy_recipe(folder: Path, weights: Path) -> Path:
    path = folder / "toy.toml"
    path.write_text(
        f"""
name = "toy"
[sample]
generator = "{weights}/toy.generator.h5"
count = 600
[label]
labellers = ["{weights}/toy.labeller.h5"]
[orthogonalize]
base = ["Male", "Young"]
[report]
strips = 2
steps = 3
"""
    )
    return path


@pytest.fixture
def toy_recipe(toy_weights, tmp_path, home):
    """A recipe of the toy pipeline, in a home of its own."""
    return write_toy_recipe(tmp_path, toy_weights)


@pytest.fixture(scope="session")
def toy_results(toy_weights, tmp_path_factory):
    """A home in which the whole toy pipeline has run; only to be read or copied."""
    from pipelines.planning.plan import make_plan
    from pipelines.planning.run import run
    from pipelines.recipe.load import load_recipe

    folder = tmp_path_factory.mktemp("results")
    before, os.environ["TLGAN_HOME"] = os.environ.get("TLGAN_HOME"), str(folder / "home")
    try:
        recipe = load_recipe(str(write_toy_recipe(folder, toy_weights)))
        assert run(recipe, make_plan(recipe)) == 6
    finally:
        del os.environ["TLGAN_HOME"]
        if before is not None:
            os.environ["TLGAN_HOME"] = before
    return folder / "home"


@pytest.fixture
def finished(toy_recipe, toy_results, home):
    """The toy recipe in a home of its own where everything has run."""
    shutil.copytree(toy_results, home)
    return toy_recipe


@pytest.fixture
def finished_with_regressor(finished, home):
    """The same with a regressor in the axis file, made by hand: it says half a logit more than the axes."""
    from tests.tlgan.storage.changed_hdf5 import changing_hdf5
    from tlgan.axes.latent_regressor import LatentRegressor
    from tlgan.editing.linear_predictors import gradients
    from tlgan.formats.axis_file import read_axes
    from tlgan.formats.regressor_group import write_regressor

    (path,) = (home / "artifacts").glob("axes-*.axes.h5")
    axes = read_axes(path)
    regressor = LatentRegressor.straight(axes.names, gradients(axes), axes.intercepts + 0.5)
    with changing_hdf5(path) as file:
        write_regressor(regressor, file)
    return finished


@pytest.fixture
def command(capsys, monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """Run `python -m pipelines ARGUMENTS` in this process: exit status, output, error output."""
    from pipelines.commands.main import main
    from pipelines.workflow.progress import console
    from tlgan.cli.error_handler import run_command

    monkeypatch.setattr(console, "width", 400)

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_command(main, "python -m pipelines", [str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


PEOPLE = 96  # photographs of the made-up CelebA, two of each person
BROKEN, UNLISTED = 7, 20  # one is cut short, one is missing from the table


def made_up_photograph(bright: float, red: float, slope: float) -> np.ndarray:
    """A shaded picture of CelebA's size whose brightness, redness and slope of light are given."""
    shade = 120 + 45 * bright + 60 * slope * np.linspace(-1, 1, 218)[:, None]
    picture = np.broadcast_to(shade[..., None], (218, 178, 3)) + np.array([60 * red, 0, 0])
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def made_up_celeba(tmp_path_factory) -> Path:
    """A folder in CelebA's layout: Male is bright, Smiling is red, Young is lit from below."""
    from PIL import Image

    from data.readers.celeba_tables import ATTRIBUTES

    folder = tmp_path_factory.mktemp("celeba")
    (folder / "img_align_celeba").mkdir()
    random = np.random.default_rng(11)
    factors = random.standard_normal((PEOPLE, 3))
    labels = np.where(random.random((PEOPLE, len(ATTRIBUTES))) < 0.5, 1, -1)
    for column, name in enumerate(("Male", "Smiling", "Young")):
        labels[:, ATTRIBUTES.index(name)] = np.sign(factors[:, column])
    table, identities = [], []
    for number, (row, values) in enumerate(zip(factors, labels, strict=True), start=1):
        path = folder / "img_align_celeba" / f"{number:06d}.jpg"
        Image.fromarray(made_up_photograph(*row)).save(path, quality=95)
        if number == BROKEN:
            path.write_bytes(path.read_bytes()[:500])
        if number != UNLISTED:
            table.append(f"{path.name} " + " ".join(f"{value:2d}" for value in values))
        identities.append(f"{path.name} {number // 2 + 1}")
    lines = [str(len(table)), " ".join(ATTRIBUTES), *table]
    (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    (folder / "identity_CelebA.txt").write_text("\n".join(identities) + "\n")
    return folder


@pytest.fixture
def people_recipe(made_up_celeba, tmp_path, home):
    """A recipe that trains tiny networks on the made-up photographs, in a home of its own."""
    path = tmp_path / "people.toml"
    path.write_text(
        f"""
name = "people"
[data]
path = "{made_up_celeba}"
resolution = 8
split = [0.6, 0.2, 0.2]
[networks.generator]
kind = "progressive-gan"
weights = "people"
latent_dim = 4
maps = [4, 4]
schedule = [{{ resolution = 8, fade_images = 0, stable_images = 48, batch = 8 }}]
penalty_interval = 1
[networks.labeller]
kind = "attribute-cnn"
weights = "people"
widths = [6]
depths = [1]
epochs = 40
batch = 8
learning_rate = 0.02
shift = 0
dropout = 0.1
[networks.judge]
kind = "attribute-cnn"
weights = "people"
role = "judge"
architecture = "plain"
widths = [6]
depths = [1]
epochs = 1
batch = 8
shift = 0
seed = 2
[sample]
generator = "people"
[label]
labellers = ["people"]
"""
    )
    return path


@pytest.fixture(scope="session")
def trained_faces(tmp_path_factory):
    """A recipe and a home in which drawn faces are prepared and a tiny autoencoder of them is trained; to be copied."""
    from pipelines.planning.plan import plan_networks
    from pipelines.planning.run import run
    from pipelines.recipe.load import load_recipe

    folder = tmp_path_factory.mktemp("faces")
    recipe = folder / "faces.toml"
    recipe.write_text(
        """
name = "faces"
[sample]
generator = "tiny"
[label]
labellers = ["tiny"]
[known_axes]
resolution = 16
[data]
kind = "known-axes"
resolution = 16
count = 80
mirror = false
[networks.vae]
kind = "vae"
weights = "tiny"
latent_dim = 12
encoder_maps = [4, 4]
decoder_maps = [4, 4]
batch = 8
steps = 4
"""
    )
    before, os.environ["TLGAN_HOME"] = os.environ.get("TLGAN_HOME"), str(folder / "home")
    try:
        opened = load_recipe(str(recipe))
        assert run(opened, plan_networks(opened, ["vae"])) == 2
    finally:
        del os.environ["TLGAN_HOME"]
        if before is not None:
            os.environ["TLGAN_HOME"] = before
    return recipe, folder / "home"


@pytest.fixture
def faces(trained_faces, home):
    """That recipe in a home of its own."""
    recipe, trained = trained_faces
    shutil.copytree(trained, home)
    return recipe
