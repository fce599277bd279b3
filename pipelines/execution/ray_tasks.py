"""Blocks of rows as Ray tasks: weights go out once, results come back in order."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.execution.block_jobs import Job
from pipelines.execution.keras_import import import_quietly
from pipelines.execution.ray_cluster import import_ray, join, needs, result_of
from pipelines.recipe.sections import Ray
from pipelines.sources.source import Source
from pipelines.workflow.file_hash import weights_hash
from tlgan.storage.atomic_files import replacing

ATTEMPTS = 5  # more for a block whose worker is killed or whose node is lost
AHEAD = 2  # blocks under way for each worker, so that none waits for the writer


def worked_on_cluster(options: Ray, job: Job, blocks: Iterable[Any]) -> Iterator[Any]:
    """What a job makes of each block, in the order of the blocks, made by the workers of the cluster.

    A block whose worker dies is given to another. Whatever is done twice counts once, for results are
    taken by place and every worker gives the same.

    Raises
    ------
    UserError
        What a worker raised, or that a block lost one worker after the other.
    """
    window = AHEAD * join(options)
    trouble = (
        f"A block of rows must keep a worker alive in one of {ATTEMPTS + 1} attempts. Got none; what is "
        "finished stays. Give workers more memory (fewer at a time: `ray.workers`), then run the same "
        "command again."
    )
    ray = import_ray()
    packed, files = _packed(job)
    key = hashlib.sha256(packed).hexdigest()
    # Within a tuple a reference stays one: what it stands for is fetched by a worker that lacks it alone.
    parcel = ray.put(packed), [(path, ray.put(content)) for path, content in files.items()]
    work = ray.remote(max_retries=ATTEMPTS, **needs())(_work)
    waiting: deque[Any] = deque()
    # What is under way when the caller stops is left to end: a cancelled import would spoil its worker.
    for block in blocks:
        waiting.append(work.remote(block, key, parcel))
        if len(waiting) >= window:
            yield result_of(waiting.popleft(), trouble)
    while waiting:
        yield result_of(waiting.popleft(), trouble)


def _packed(job: Job) -> tuple[bytes, dict[Path, bytes]]:
    """A job for any machine, as bytes, and the files it needs, each in a folder named by content."""
    from ray import cloudpickle

    files: dict[Path, bytes] = {}

    def unplaced(source: Source) -> Source:
        if source.weights is None:
            return dataclasses.replace(source)  # a copy, not opened yet
        folder = Path(weights_hash(source.weights))
        for path in (source.weights, source.weights.with_suffix(".toml")):  # a foreign network's card
            if path.is_file():
                files[folder / path.name] = path.read_bytes()
        return dataclasses.replace(source, weights=folder / source.weights.name)

    return cloudpickle.dumps(_with_sources(job, unplaced)), files


def _with_sources(job: Job, change: Callable[[Source], Source]) -> Job:
    return dataclasses.replace(job, sources=tuple(change(source) for source in job.sources))


_opened: dict[str, Sequence[Callable[[Any], Any]]] = {}  # a worker's last job, open


def _work(block: Any, key: str, parcel: tuple[Any, list[tuple[Path, Any]]]) -> Any:
    """On a worker: all acts of the job, on one block."""
    if key not in _opened:
        _opened.clear()
        _opened[key] = _open(*parcel)
    for act in _opened[key]:
        block = act(block)
    return block


def _open(packed: Any, files: list[tuple[Path, Any]]) -> Sequence[Callable[[Any], Any]]:
    """Fetch what this machine has not got, and open the job."""
    from ray import cloudpickle

    ray = import_ray()
    if not ray.get_gpu_ids():  # a core each: TensorFlow would start as many threads as there are cores
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    import_quietly()
    depot = Path(tempfile.gettempdir()) / f"tlgan-weights-{os.getuid()}"
    depot.mkdir(mode=0o700, exist_ok=True)
    for path, content in files:
        if not (depot / path).is_file():
            (depot / path).parent.mkdir(exist_ok=True)
            with replacing(depot / path) as partial:
                partial.write_bytes(ray.get(content))
    job = _with_sources(
        cloudpickle.loads(ray.get(packed)),
        lambda source: dataclasses.replace(source, weights=source.weights and depot / source.weights),
    )
    return job.acts()
