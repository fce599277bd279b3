"""Schedule of progressive growing: which resolution is in training, and how far it has faded in.

Source: Karras et al. 2018 (arXiv 1710.10196), section 2 and figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.kinds.progressive_gan import Phase
from models.networks.progressive_gan import resolutions_to
from tlgan.errors import UserError


def check_schedule(phases: Sequence[Phase], resolution: int) -> None:
    """Refuse a schedule that is empty, shrinks, or names a resolution that the networks lack.

    Raises
    ------
    UserError
    """
    sizes, known = [phase.resolution for phase in phases], resolutions_to(resolution)
    if not sizes or sizes != sorted(sizes) or not set(sizes) <= set(known):
        raise UserError(
            f"`schedule` must have at least one phase, with resolutions of {known} that never fall. Got {sizes}."
        )


def schedule_length(phases: Sequence[Phase]) -> int:
    """Images of the whole schedule."""
    return sum(phase.fade_images + phase.stable_images for phase in phases)


def schedule_position(phases: Sequence[Phase], images_seen: int) -> tuple[Phase, float] | None:
    """Phase and fade (0 to 1) after `images_seen` images; None when the schedule is over."""
    for phase in phases:
        if images_seen < phase.fade_images + phase.stable_images:
            return phase, min(1.0, images_seen / phase.fade_images) if phase.fade_images else 1.0
        images_seen -= phase.fade_images + phase.stable_images
    return None
