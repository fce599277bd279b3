"""Blocks of rows as Ray tasks: weights go out once, results come back in order."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.execution.block_jobs import BlockJob, Transform
from pipelines.execution.keras_import import import_quietly
from pipelines.execution.ray_cluster import import_ray, join, needs, result_of
from pipelines.recipe.sections import Ray
from pipelines.sources.source import Source
from pipelines.workflow.file_hash import weights_hash
from tlgan.storage.atomic_files import replacing

ATTEMPTS = 5  # more for a block whose worker is killed or whose node is lost
AHEAD = 2  # blocks under way for each worker, so that none waits for the writer


def run_blocks_on_cluster(options: Ray, job: BlockJob, blocks: Iterable[Any]) -> Iterator[Any]:
    """Yield each block as a job leaves it, in the order of the blocks, computed by the workers of the cluster.

    A block whose worker dies is given to another. Whatever is done twice counts once, for results are
    taken by place and every worker gives the same.

    Raises
    ------
    UserError
        What a worker raised, or that a block lost one worker after the other.
    """
    window = AHEAD * join(options)
    message = (
        f"A block of rows must keep a worker alive in one of {ATTEMPTS + 1} attempts. Got none; what is "
        "finished stays. Give workers more memory (fewer at a time: `ray.workers`), then run the same "
        "command again."
    )
    ray = import_ray()
    packed = _pack(job)
    # In a field a reference stays one: its object is fetched only by a worker that does not have it.
    files = tuple((path, ray.put(content)) for path, content in packed.files.items())
    stored = StoredJob(hashlib.sha256(packed.job).hexdigest(), ray.put(packed.job), files)
    work = ray.remote(max_retries=ATTEMPTS, **needs())(_work)
    waiting: deque[Any] = deque()
    # Tasks under way when the caller stops are left to end: a cancelled import would spoil its worker.
    for block in blocks:
        waiting.append(work.remote(block, stored))
        if len(waiting) >= window:
            yield result_of(waiting.popleft(), message)
    while waiting:
        yield result_of(waiting.popleft(), message)


@dataclass(frozen=True)
class PackedJob:
    """A job for any machine, as bytes, and the files it needs, each in a folder named by content."""

    job: bytes
    files: dict[Path, bytes]


@dataclass(frozen=True)
class StoredJob:
    """A packed job in the cluster's store: its key, the reference of its bytes, and those of its files."""

    key: str
    job: Any
    files: tuple[tuple[Path, Any], ...]


def _pack(job: BlockJob) -> PackedJob:
    from ray import cloudpickle

    files: dict[Path, bytes] = {}

    def relocatable(source: Source) -> Source:
        if source.weights is None:
            return dataclasses.replace(source)  # a copy, not opened yet
        folder = Path(weights_hash(source.weights))
        for path in (source.weights, source.weights.with_suffix(".toml")):  # a foreign network's sidecar
            if path.is_file():
                files[folder / path.name] = path.read_bytes()
        return dataclasses.replace(source, weights=folder / source.weights.name)

    return PackedJob(cloudpickle.dumps(_with_sources(job, relocatable)), files)


def _with_sources(job: BlockJob, change: Callable[[Source], Source]) -> BlockJob:
    return dataclasses.replace(job, sources=tuple(change(source) for source in job.sources))


_opened: dict[str, Sequence[Transform]] = {}  # of a worker's last job


def _work(block: Any, stored: StoredJob) -> Any:
    """On a worker: all transforms of the job, on one block."""
    if stored.key not in _opened:
        _opened.clear()
        _opened[stored.key] = _open(stored)
    for transform in _opened[stored.key]:
        block = transform(block)
    return block


def _open(stored: StoredJob) -> Sequence[Transform]:
    """Fetch the files that this machine does not have, and open the job."""
    from ray import cloudpickle

    ray = import_ray()
    if not ray.get_gpu_ids():  # a core each: TensorFlow would start as many threads as there are cores
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    import_quietly()
    folder = Path(tempfile.gettempdir()) / f"tlgan-weights-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for path, content in stored.files:
        if not (folder / path).is_file():
            (folder / path).parent.mkdir(exist_ok=True)
            with replacing(folder / path) as partial:
                partial.write_bytes(ray.get(content))
    job = _with_sources(
        cloudpickle.loads(ray.get(stored.job)),
        lambda source: dataclasses.replace(source, weights=source.weights and folder / source.weights),
    )
    return job.transforms()
