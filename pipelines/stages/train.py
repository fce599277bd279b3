"""Stage `train`: a network of the recipe, of whatever kind, trained by one loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.kinds import NetworkOptions, kind_of
from models.weights.locate import find_weights, weights_folder
from pipelines.artifacts.model_card import ModelCard, card_entry
from pipelines.recipe.load import Recipe
from pipelines.stages.training_loop import TrainingFiles, TrainingLimits, run_training
from pipelines.workflow.file_hash import weights_hash
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache, run_folder
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from models.training.trainer import TrainingImages


def plan_training(recipe: Recipe, name: str, prepare: Step, limits: TrainingLimits) -> Step:
    """The step that trains one network of the recipe.

    Parameters
    ----------
    name : str, of a table `[networks.NAME]`

    Raises
    ------
    UserError
        Where the recipe has no such network.
    """
    options = network_options(recipe, name)
    kind = kind_of(options)
    output = weights_folder() / f"{options.weights or name}.{options.roles[0]}.h5"

    parameters = options.parameters(name)
    parameters["mirror"] = recipe.data.mirror and parameters.get("mirror", True)
    inputs = {"prepare": prepare.fingerprint}
    if options.source:
        inputs["start"] = weights_hash(find_weights(options.source, "generator"))

    def work(step: Step) -> bool:
        with locked(output):
            images = read_training_images(prepare.output, recipe.data.mirror)
            trainer = kind.trainer()(options, name, images)
            files = TrainingFiles(checkpoint_path(step, options), run_folder(recipe.name) / name, kind.curves)
            card = ModelCard(
                weights=output,
                title=f"{kind.title} ({options.roles[0]})",
                command=f"python -m pipelines train {recipe.name} {name}",
                data_kind="+".join(
                    dict.fromkeys([recipe.data.kind, *(more.kind for more in recipe.data.more)])
                ),
                metrics={
                    "parameters": step.parameters,
                    "inputs": step.inputs,
                    "fingerprint": step.fingerprint,
                },
            )
            return run_training(trainer, files, card, limits)

    return Step(
        stage=kind.stage,
        title=f"train {name}",
        version=kind.version,
        parameters=parameters,
        inputs=inputs,
        uses_networks=True,
        stored_entry=card_entry,
        place=lambda fingerprint: output,
        work=work,
        former_title=kind.former_title.format(role=options.roles[0]),
    )


def network_options(recipe: Recipe, name: str) -> NetworkOptions:
    """The options of a network of the recipe; `UserError` where it has none of that name."""
    if name not in recipe.networks:
        known = ", ".join(recipe.networks) or "none"
        raise UserError(
            f"`train` must name a network of the recipe (it has: {known}). Got {name!r}. "
            f"Add a table [networks.{name}] with a `kind`."
        )
    return recipe.networks[name]


def checkpoint_path(step: Step, options: NetworkOptions) -> Path:
    """The checkpoint of a training; a longer schedule continues it, other networks or data do not."""
    left_out = options.changeable | {"name"}
    counted = {key: value for key, value in step.parameters.items() if key not in left_out}
    key = replace(step, parameters=counted).fingerprint
    folder = step.stage if "role" not in counted else f"{step.stage}-{counted['role']}"
    return in_cache(folder)(key).with_suffix(".checkpoint.h5")


def read_training_images(faces: Path, mirror: bool) -> TrainingImages:
    """What the stage `prepare` wrote, as a training takes it; images stay on disk."""
    from models.training.trainer import TrainingImages

    facts = read_attributes(faces)
    return TrainingImages(
        source=str(faces),
        images=map_rows(faces, "images"),
        labels=map_rows(faces, "labels"),
        split=np.asarray(map_rows(faces, "split")),
        names=facts["names"],
        kinds=facts["kinds"],
        units=facts["units"],
        mirror=mirror,
        known_people=bool((np.asarray(map_rows(faces, "identity")) >= 0).all()),
    )
