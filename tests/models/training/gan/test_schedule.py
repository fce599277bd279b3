"""The schedule of progressive growing."""

from __future__ import annotations

import pytest

from models.kinds.progressive_gan import Phase
from models.training.gan.schedule import check_schedule, schedule_length, schedule_position
from tlgan.errors import UserError

GROWING = (Phase(4, 0, 100, 10), Phase(8, 40, 60, 5))


@pytest.mark.parametrize(
    ("seen", "resolution", "fade"),
    [(0, 4, 1.0), (99, 4, 1.0), (100, 8, 0.0), (110, 8, 0.25), (140, 8, 1.0), (199, 8, 1.0)],
)
def test_position_tells_phase_and_fade(seen, resolution, fade):
    phase, got = schedule_position(GROWING, seen)
    assert (phase.resolution, got) == (resolution, fade)


def test_schedule_ends():
    assert schedule_length(GROWING) == 200
    assert schedule_position(GROWING, 200) is None
    assert schedule_position((), 0) is None


@pytest.mark.parametrize("sizes", [[], [8, 4], [16], [4, 16], [6], [2]])
def test_impossible_schedules_are_refused(sizes):
    with pytest.raises(UserError, match=r"`schedule` must have at least one phase") as error:
        check_schedule([Phase(size, 0, 10, 4) for size in sizes], 8)
    assert str(sizes) in str(error.value)


def test_schedules_that_stay_or_stop_early_are_allowed():
    check_schedule([Phase(4, 0, 10, 4), Phase(4, 0, 10, 8)], 16)
