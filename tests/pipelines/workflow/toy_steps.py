"""Steps for the tests of the workflow."""

from __future__ import annotations

import dataclasses

from pipelines.workflow.paths import in_cache
from pipelines.workflow.step import Step


def toy(place=None, **changes) -> Step:
    step = Step(
        stage="fit",
        title="fit toy",
        version=1,
        parameters={"family": "gaussian", "held_out": 0.1},
        inputs={"sample": "aa", "label": "bb"},
        place=place or in_cache("fits"),
        work=lambda step: None,
    )
    return dataclasses.replace(step, **changes)
