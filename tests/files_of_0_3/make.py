"""Writes the files of this folder: a run of random networks, a saved face, pictures with notes, and checkpoints.

    python -m tests.files_of_0_3.make FOLDER        # a minute; FOLDER is new

They are of the version that wrote them and are not written again: a later version makes a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ATTRIBUTES = ("Male", "Young", "Smiling", "Bald")
STATE = {"start": {"seed": 3}, "changes": {"Smiling": 1.0}, "locks": {}, "method": "local", "strictness": 1.0}


def write_networks(folder: Path) -> None:
    """Weights of a generator, a labeller and a judge, with their cards."""
    from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
    from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
    from models.weights.card import write_card
    from models.weights.weight_file import write_weights

    config = GanConfig(resolution=8, latent_dim=8, maps=(8, 8))
    path = folder / "toy.generator.h5"
    write_weights(path, "generator", config, numbers_of(ProgressiveGenerator(config), 3), dtype="float32")
    write_card(path, {"name": "toy", "role": "generator"})
    config = AttributeCnnConfig(resolution=8, outputs=len(ATTRIBUTES), widths=(8, 8), depths=(1, 1))
    facts = {"names": ATTRIBUTES, "kinds": ["binary"] * 4, "units": ["logit"] * 4}
    # Bring the random outputs to logits around zero, so that both signs occur.
    facts |= {"scales": [0.002] * 4, "offsets": [0.9, -1.1, 4.3, 4.4]}
    for role, seed in (("labeller", 3), ("judge", 4)):
        path = folder / f"toy.{role}.h5"
        numbers = numbers_of(build_attribute_cnn(config), seed)
        write_weights(path, "attribute_cnn", config, numbers, facts, dtype="float32")
        write_card(path, {"name": "toy", "role": role})


def numbers_of(network, seed: int) -> dict[str, np.ndarray]:
    """Random numbers for a network."""
    from models.weights.weight_file import network_arrays

    random = np.random.default_rng(seed)
    numbers = {name: random.standard_normal(like.shape) for name, like in network_arrays(network).items()}
    for name, like in network_arrays(network).items():
        last = name.rsplit("/", 1)[-1]
        if last in ("gamma", "moving_variance"):
            numbers[name] = np.ones_like(like)
        elif last in ("beta", "moving_mean") or (last == "bias" and like.ndim == 1):
            numbers[name] *= 0.1
    return numbers


def write_checkpoints(home: Path) -> None:
    """The states of two trainings after one step."""
    from models.kinds.attribute_cnn import AttributeCnnOptions
    from models.training.classifier import ClassifierTrainer
    from models.training.gan.progressive_gan import ProgressiveGanTrainer
    from pipelines.recipe.load import load_recipe
    from tests.test_files_of_0_1 import training_images

    options = load_recipe(str(home / "toy.toml")).networks["generator"]
    for name, trainer in (
        ("gan", ProgressiveGanTrainer(options, "generator", training_images())),
        (
            "classifier",
            ClassifierTrainer(
                AttributeCnnOptions(widths=(6,), depths=(1,), batch=16), "labeller", training_images()
            ),
        ),
    ):
        trainer.begin()
        trainer.train_step()
        trainer.save(home / f"{name}.checkpoint.h5")


def run_pipelines(*arguments: str) -> None:
    """Run `python -m pipelines ARGUMENTS` in this process."""
    from pipelines.commands.main import main
    from tlgan.cli.error_handler import run_command

    if status := run_command(main, "python -m pipelines", list(arguments)):
        sys.exit(status)


def save_face(home: Path) -> None:
    """Save a face as the editor does."""
    from pipelines.editing.web.app import create_app
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run

    app = create_app(open_run(load_recipe("toy.toml")))
    face = {"title": "smiles more", "state": STATE}
    response = app.test_client().post("/api/gallery", json=face, headers={"X-Tlgan": "editor"})
    if response.status_code != 200:
        sys.exit(f"{home}: the face was not saved: {response.get_data(as_text=True)}")


def main(folder: Path) -> None:
    """Write all files into a new folder."""
    (folder / "artifacts" / "weights").mkdir(parents=True)
    home = folder.resolve()
    shutil.copy(HERE / "toy.toml", home)
    os.environ["TLGAN_HOME"] = str(home)
    os.chdir(home)
    write_networks(Path("artifacts/weights"))
    run_pipelines("evaluate", "toy.toml")
    # The page and its figures are left out: most of their bytes are matplotlib's.
    edit = ("--set", "Smiling=+1", "--lock", "Male", "--scale", "1")
    run_pipelines("edit", "toy.toml", "--seed", "3", *edit, "--out", "edit.png", "--latent-out", "edit.npy")
    run_pipelines("walk", "toy.toml", "--seed", "3", "--steps", "6", "--scale", "1", "--out", "walk.gif")
    save_face(home)
    write_checkpoints(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
