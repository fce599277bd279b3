"""Options of the kind `vae`."""

from __future__ import annotations

from models.kinds import kind_of
from models.kinds.vae import VAE, VaeOptions


def test_roles_and_what_a_training_may_change_on_its_way():
    options = VaeOptions(steps=7)
    assert kind_of(options) is VAE
    assert options.roles == ("encoder", "generator")
    assert {"steps", "decay_steps", "learning_rate"} == VaeOptions.changeable
    assert options.parameters("faces")["steps"] == 7
