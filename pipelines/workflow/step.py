"""A step of a run: its inputs, its parameters, its output and the fingerprint made of these.

Make only orders the stages; fingerprints decide what is fresh (`pipelines.workflow.freshness`). A step's
fingerprint covers its stage, the stage's version, the parameters that change the result and the
fingerprints of what it reads, so equal work has an equal name and is done once, whichever recipe asks
for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from tlgan.version import __version__


@dataclass(frozen=True)
class Step:
    """One piece of work with one output.

    Attributes
    ----------
    stage : str, the make target it belongs to
    title : str, unique in a recipe ("label celeba64")
    version : int, raised when the stage's code changes its result
    parameters : mapping, what changes the result
    inputs : mapping, name to fingerprint of a step or hash of a file
    place : callable, fingerprint to the Path of the output
    work : callable, does it: takes the step; False says that there is more to do another time
    rows : int, rows wanted of an output that grows; 0 for others. Not in the fingerprint
    uses_networks : bool, whether its work imports Keras. Not in the fingerprint
    former_title : str, under which version 0.1 recorded it
    stored_entry : callable or None, for an output whose name does not bear the fingerprint: its Path to what
        lies in it or beside it of the step that made it, as a ledger notes it, or None where nothing does
    """

    stage: str
    title: str
    version: int
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    place: Callable[[str], Path] = field(repr=False)
    work: Callable[[Step], bool | None] = field(repr=False)
    rows: int = 0
    uses_networks: bool = False
    former_title: str = ""
    stored_entry: Callable[[Path], Mapping[str, Any] | None] | None = field(default=None, repr=False)

    @property
    def fingerprint(self) -> str:
        content = {
            "stage": self.stage,
            "version": self.version,
            "parameters": self.parameters,
            "inputs": self.inputs,
        }
        return fingerprint_of(content)

    @property
    def output(self) -> Path:
        return self.place(self.fingerprint)

    def attributes(self) -> dict[str, Any]:
        """What every artefact says about itself."""
        return {
            "format": f"tlgan.{self.stage}",
            "format_version": 1,
            "stage_version": self.version,
            "fingerprint": self.fingerprint,
            "params_json": canonical(self.parameters),
            "inputs_json": canonical(self.inputs),
            "tlgan_version": __version__,
            "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def canonical(content: Any) -> str:
    """JSON with one spelling for equal content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint_of(content: Any) -> str:
    """SHA-256 of content that JSON can hold, the same for equal content; 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


class RunSteps(Protocol):
    """The steps of a run by name, as `pipelines.planning.plan.Plan` has them: what reports and evaluations read."""

    @property
    def sample(self) -> Step: ...

    @property
    def labels(self) -> tuple[Step, ...]: ...

    @property
    def fits(self) -> tuple[Step, ...]: ...

    @property
    def axes(self) -> Step: ...

    @property
    def shown_faces(self) -> Step | None: ...

    @property
    def run_evaluation(self) -> Step | None: ...

    def from_sample(self) -> tuple[Step, ...]: ...
