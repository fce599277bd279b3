"""The Ray cluster that a run works on: joined once, left when the process ends."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

from pipelines.recipe.sections import Ray
from pipelines.workflow.progress import say
from tlgan.errors import UserError
from tlgan.storage.home import home

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("tlgan", "models", "data", "pipelines")
CONNECT_SECONDS = 10.0
STORE_BYTES = 2**30  # of the object store of a cluster of one's own; what goes beyond spills to its disk


def import_ray() -> ModuleType:
    """Import Ray with its usage reports off.

    Raises
    ------
    UserError
        Where it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's own advice, or it warns
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # of tasks whose results are no longer wanted
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "`engine` is 'ray', which is not installed. Run pip install -c constraints.txt '.[ray]', "
            'or set engine = "local".'
        ) from error
    return ray


def join(options: Ray) -> int:
    """Join the recipe's cluster, or the one this process is in already; returns its number of workers.

    Workers of a cluster that has an address get this checkout's code; those on this machine read it here.

    Raises
    ------
    UserError
        Where Ray is not installed or no cluster is at the address.
    """
    ray = import_ray()
    if not ray.is_initialized():
        address = options.address or os.environ.get("RAY_ADDRESS", "")
        try:
            if address:
                _check_address(address)
                code = {"py_modules": [str(CHECKOUT / package) for package in PACKAGES]}
                ray.init(address=address, runtime_env=code, log_to_driver=False, logging_level="error")
            else:
                ray.init(
                    "local",  # not one that somebody else has on this machine
                    num_cpus=options.workers or None,
                    runtime_env={
                        "env_vars": {"PYTHONPATH": str(CHECKOUT), "TLGAN_HOME": str(home().resolve())}
                    },
                    object_store_memory=STORE_BYTES,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level="error",
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise UserError(
                f"`ray.address` must be that of a running cluster. Got {address!r} "
                f"({' '.join(str(error).split())[:200]}). Start one with ray start --head, set RAY_AUTH_MODE and "
                "its token as it has them, or leave the address empty."
            ) from error
        say(f"Ray: {workers(options)} workers")
    return workers(options)


def result_of(reference: Any, message: str) -> Any:
    """Wait for the result of remote work.

    Parameters
    ----------
    message : str, the message where workers died too often, with what to do

    Raises
    ------
    UserError
        As the worker raised it, with `message`, or what else Ray says. A bug is raised with the worker's own
        traceback.
    """
    ray = import_ray()
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        told = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        if isinstance(error, _deaths(ray)):
            raise UserError(f"{message} (Ray says {told})") from error
        raise UserError(
            f"Ray could not do its work ({told}). Correct that, then run the same command again."
        ) from error


def _deaths(ray: ModuleType) -> tuple[type[Exception], ...]:
    names = ("WorkerCrashedError", "NodeDiedError", "ActorDiedError", "OutOfMemoryError", "ObjectLostError")
    return tuple(getattr(ray.exceptions, name) for name in names)


def _check_address(address: str) -> None:
    """Raise OSError where no server listens: Ray itself would try for many minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()


def workers(options: Ray) -> int:
    """Number of workers: as the recipe says, else one for each GPU, or core where there is none."""
    resources = import_ray().cluster_resources()
    return options.workers or max(1, int(resources.get("GPU", 0) or resources.get("CPU", 1)))


def needs() -> dict[str, float]:
    """Resources that a worker reserves: a GPU where the cluster has any, else a core."""
    return {"num_gpus": 1} if import_ray().cluster_resources().get("GPU", 0) else {"num_cpus": 1}
