"""The batch pipeline's commands: `python -m pipelines COMMAND [RECIPE]`, one for each make target."""

from __future__ import annotations

import click

from pipelines.commands import (
    animations,
    explore,
    faces,
    hand_labels,
    networks,
    photographs,
    precision,
    stages,
    training,
)
from pipelines.commands.facemath import algebra, figures
from pipelines.commands.generators import try_generator
from pipelines.commands.translators import translate
from tlgan.version import __version__

COMMANDS = (
    training.prepare,
    training.train,
    training.gan,
    training.classifier,
    try_generator.try_generator,
    networks.convert,
    networks.face_api,
    networks.inspect,
    networks.measure_generator,
    precision.precision,
    stages.sample,
    hand_labels.images,
    stages.label,
    stages.fit,
    stages.regress,
    stages.orthogonalize,
    stages.export,
    stages.evaluate,
    stages.report,
    stages.run,
    stages.status,
    stages.verify,
    stages.plan_command,
    faces.edit,
    faces.strip,
    animations.morph,
    animations.walk,
    faces.grid,
    photographs.align,
    photographs.read,
    photographs.invert,
    translate.translate,
    algebra.algebra,
    figures.facemath,
    explore.explore,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tlgan")
def main() -> None:
    """Find labelled axes of an image generator, stage by stage; what is finished is not done again.

    Example: python -m pipelines run celeba64 -s sample.count=5000
    """


for command in COMMANDS:
    main.add_command(command)
