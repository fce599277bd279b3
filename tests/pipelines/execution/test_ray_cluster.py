"""The cluster of a run: how it is joined, its workers, and what errors say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.execution import ray_cluster
from pipelines.execution.ray_cluster import import_ray, needs, result_of, workers
from pipelines.recipe.sections import Ray
from tlgan.errors import UserError


@pytest.fixture
def no_ray(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)


def test_import_ray_says_how_to_install_it(no_ray):
    with pytest.raises(UserError, match=r"`engine` is 'ray', which is not installed"):
        import_ray()


def cluster_of(monkeypatch, **resources):
    fake = SimpleNamespace(cluster_resources=lambda: resources)
    monkeypatch.setattr(ray_cluster, "import_ray", lambda: fake)


@pytest.mark.parametrize(
    ("resources", "asked", "count", "need"),
    [
        ({"CPU": 8.0}, 0, 8, {"num_cpus": 1}),
        ({"CPU": 8.0, "GPU": 2.0}, 0, 2, {"num_gpus": 1}),
        ({"CPU": 8.0}, 3, 3, {"num_cpus": 1}),
        ({}, 0, 1, {"num_cpus": 1}),
    ],
)
def test_workers_are_one_for_each_gpu_else_core(monkeypatch, resources, asked, count, need):
    cluster_of(monkeypatch, **resources)
    assert workers(Ray(workers=asked)) == count
    assert needs() == need


class RayError(Exception):
    pass


class WorkerCrashedError(RayError):
    pass


class RayTaskError(RayError):
    def __init__(self, cause):
        super().__init__("task")
        self.cause = cause


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (RayTaskError(UserError("`x` must be 1.")), UserError, "`x` must be 1."),
        (RayTaskError(KeyError("bug")), RayTaskError, "task"),
        (
            WorkerCrashedError("gone\nnow"),
            UserError,
            r"Too little memory\. \(Ray says WorkerCrashedError: gone now\)",
        ),
        (RayError("other"), UserError, r"Ray could not do its work \(RayError: other\)"),
    ],
)
def test_result_of_failed_work(monkeypatch, error, kind, message):
    def get(reference):
        raise error

    names = ("NodeDiedError", "ActorDiedError", "OutOfMemoryError", "ObjectLostError")
    others = {name: type(name, (RayError,), {}) for name in names}
    exceptions = SimpleNamespace(
        RayError=RayError, RayTaskError=RayTaskError, WorkerCrashedError=WorkerCrashedError, **others
    )
    fake = SimpleNamespace(get=get, exceptions=exceptions)
    monkeypatch.setattr(ray_cluster, "import_ray", lambda: fake)
    with pytest.raises(kind, match=message):
        result_of("reference", "Too little memory.")


def test_address_without_a_cluster_is_a_one_line_error(toy_recipe, command):
    pytest.importorskip("ray").shutdown()
    status, _, error = command("label", toy_recipe, "-s", "engine=ray", "-s", "ray.address=127.0.0.1:1")
    assert status == 1
    assert "`ray.address` must be that of a running cluster. Got '127.0.0.1:1'" in error
    assert error.count("\n") == 1
