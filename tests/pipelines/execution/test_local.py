"""The engine: order, overlap, and images that are not kept."""

from __future__ import annotations

import threading

import pytest

from pipelines.execution.block_jobs import BlockJob
from pipelines.execution.local import prefetch, run_blocks_here

DROPPED = ("-s", "sample.keep_images=false")


@pytest.mark.parametrize("count", [0, 1, 7])
def test_prefetch_keeps_the_order(count):
    assert list(prefetch(iter(range(count)))) == list(range(count))


def test_prefetch_makes_the_next_item_while_one_is_in_use():
    made = [threading.Event() for _ in range(3)]

    def items():
        for number, event in enumerate(made):
            event.set()
            yield number

    for number in prefetch(items()):
        if number < 2:
            assert made[number + 1].wait(timeout=20)


def test_prefetch_raises_an_error_in_the_place_of_its_item():
    def items():
        yield 1
        raise OSError("second")

    taken = prefetch(items())
    assert next(taken) == 1
    with pytest.raises(OSError, match="second"):
        next(taken)


def test_transforms_run_on_different_blocks_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)  # either transform alone would wait in vain

    def first(number):
        if number > 0:
            meeting.wait()
        return number

    def second(number):
        if number < 3:
            meeting.wait()
        return 10 * number

    assert list(run_blocks_here(BlockJob((), lambda: (first, second)), range(4))) == [0, 10, 20, 30]


def test_the_whole_run_needs_no_images(toy_recipe, toy_results, home, command):
    assert command("run", toy_recipe, *DROPPED)[0] == 0
    for figure in ("samples", "cosines-raw"):
        mine, with_images = (folder / f"runs/toy/figures/{figure}.png" for folder in (home, toy_results))
        assert mine.read_bytes() == with_images.read_bytes()
    assert command("images", toy_recipe, *DROPPED, "--rows", "60-70", "--folder", home / "mine")[0] == 0
    assert len(list((home / "mine").iterdir())) == 11
