"""How many samples axes need: found in growing blocks, and planned from a pilot."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.artifacts.fits_file import read_fits
from pipelines.planning import sample_size
from pipelines.planning.plan import make_plan
from pipelines.planning.sample_size import sample_until_bound, samples_needed
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tlgan.errors import UserError

SMALL = (
    "known_axes.latent_dim=20",
    "known_axes.resolution=8",
    "data.resolution=8",
    "sample.keep_images=false",
    f"label.labellers=['{KNOWN_FACTORS}']",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "fit.family=gaussian",
)


@pytest.fixture(autouse=True)
def small_pilot(home, monkeypatch):
    monkeypatch.setattr(sample_size, "PILOT", 200)
    monkeypatch.setattr(sample_size, "BLOCK", 100)


def recipe_of(*overrides):
    return load_recipe("known-axes", (*SMALL, *overrides))


def median_error(plan) -> float:
    return float(np.median(read_fits(plan.fits[0].output).fits.angular_errors))


def test_sampling_stops_where_the_bound_is_met(capsys):
    recipe = recipe_of("sample.until=6 degrees", "sample.count=5000")
    plan = sample_until_bound(recipe)
    count = plan.recipe.sample.count
    assert median_error(plan) <= 6
    assert 200 < count < 1000
    assert count % 100 == 0
    printed = capsys.readouterr().out
    assert "200 samples: median angular error" in printed
    assert "wanted 6°" in printed
    # The plan of the recipe is then that of the number found, and fresh.
    again = make_plan(recipe)
    assert again.recipe.sample.count == count
    assert not check_freshness(again.fits[0], Ledger(recipe.name)).reasons


def test_sampling_ends_at_the_count_of_the_recipe(capsys):
    plan = sample_until_bound(recipe_of("sample.until=0.5 degrees", "sample.count=350"))
    assert plan.recipe.sample.count == 350
    assert median_error(plan) > 0.5
    assert "stopped at `sample.count` (350) before the bound" in capsys.readouterr().out


def test_bound_of_named_attributes_needs_them_fitted():
    recipe = recipe_of("sample.until=6 degrees", "sample.until_attributes=['Freckles']", "sample.count=300")
    with pytest.raises(
        UserError, match=r"`sample\.until_attributes` must name fitted attributes\. Got 'Freckles'"
    ):
        sample_until_bound(recipe)


def test_samples_needed_fall_with_the_square_of_the_bound():
    recipe = recipe_of("sample.count=5000")
    loose, tight = (samples_needed(recipe, degrees) for degrees in (4.0, 2.0))
    assert [needed.count for needed in loose] == sorted(needed.count for needed in loose)
    by_name = {needed.attribute: needed for needed in tight}
    assert len(by_name) == 20
    for needed in loose:
        assert needed.pilot_error == by_name[needed.attribute].pilot_error
        assert by_name[needed.attribute].count == pytest.approx(4 * needed.count, rel=0.05)
