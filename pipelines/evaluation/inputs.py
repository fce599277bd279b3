"""What an evaluation rests on, gathered from the artefacts of the steps before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.artifacts.fits_file import read_stability
from pipelines.recipe.load import Recipe
from pipelines.workflow.step import Step
from tlgan.axes.axes import Axes
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows, read_attributes


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an evaluation rests on, N edited latents, M sampled images, K judged attributes, A axes."""

    recipe: Recipe
    axes: Axes
    attributes: tuple[str, ...]
    kinds: tuple[str, ...]
    edited: dict[str, np.ndarray]  # columns of the stage `rescore`
    sampled: np.ndarray  # latents (M, D)
    judged: np.ndarray  # scores (at most M, K)
    labelled: dict[str, np.ndarray]  # scores (M,) by attribute
    label_kinds: dict[str, str]
    judge: str
    labellers: tuple[str, ...]
    halves: dict[str, float]  # angle between the axes of both halves of the samples, degrees, by axis

    @classmethod
    def read(
        cls,
        recipe: Recipe,
        sample: Step,
        labels: Sequence[Step],
        fits: Sequence[Step],
        orthogonalize: Step,
        judged: Step,
        rescore: Step,
    ) -> Evidence:
        """Gather it from the artefacts of the steps before."""
        facts = read_attributes(rescore.output)
        columns = (
            "scores",
            "unedited",
            "identity",
            "strangers",
            "realism",
            "unedited_realism",
            "saturated",
            "unedited_saturated",
        )
        labelled, kinds, names, halves = {}, {}, [], {}
        for label in labels:
            read = read_attributes(label.output)
            names.append(read["labeller"])
            scores = np.asarray(map_rows(label.output, "scores", label.rows))
            labelled |= dict(zip(read["names"], scores.T, strict=True))
            kinds |= dict(zip(read["names"], read["kinds"], strict=True))
        for fit in fits:
            if kept := read_stability(fit.output):
                angles = np.degrees(np.arccos(kept["half_cosines"])).tolist()
                halves |= dict(zip(read_attributes(fit.output)["names"], angles, strict=True))
        return cls(
            recipe=recipe,
            axes=read_axes(orthogonalize.output),
            attributes=tuple(facts["names"]),
            kinds=tuple(facts["kinds"]),
            edited={name: np.asarray(map_rows(rescore.output, name, rescore.rows)) for name in columns},
            sampled=np.asarray(map_rows(sample.output, "latents", sample.rows)),
            judged=np.asarray(map_rows(judged.output, "scores", judged.rows)),
            labelled=labelled,
            label_kinds=kinds,
            judge=facts["judge"],
            labellers=tuple(names),
            halves=halves,
        )
