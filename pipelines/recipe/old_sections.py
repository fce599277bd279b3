"""Recipes of version 0.1: their sections [gan] and [classifier] read as tables of [networks]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What version 0.1 took for a judge where a recipe had no [classifier.judge].
DEFAULT_JUDGE = {
    "architecture": "plain",
    "widths": [32, 64, 128, 224],
    "depths": [1, 2, 2, 2],
    "seed": 2,
}


def upgrade_sections(content: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's content with [gan] and [classifier] turned into [networks.generator], .labeller and .judge.

    Where a recipe has such a network already, the keys of the old section are put over it: so
    `-s gan.learning_rate=0.001` changes it. What is no table is left for the check of the recipe.

    Parameters
    ----------
    content : mapping, a parsed recipe

    Returns
    -------
    dict, a copy; `content` as it is where it has neither section

    Example
    -------
    >>> upgrade_sections({"gan": {"name": "faces", "seed": 2}})
    {'networks': {'generator': {'kind': 'progressive-gan', 'weights': 'faces', 'seed': 2}}}
    """
    content = dict(content)
    networks = content.get("networks", {})
    old = {key: content[key] for key in ("gan", "classifier") if isinstance(content.get(key), dict)}
    if not old or not isinstance(networks, dict):
        return content
    networks = dict(networks)
    if "gan" in old:
        networks["generator"] = _over(networks, "generator", "progressive-gan", old["gan"])
    if "classifier" in old:
        section = dict(old["classifier"])
        shared = {"name": section.pop("name")} if "name" in section else {}
        for role, default in (("labeller", {}), ("judge", DEFAULT_JUDGE)):
            given = section.pop(role, {} if role in networks else default)
            if isinstance(given, dict):
                given = shared | given
                networks[role] = _over(networks, role, "attribute-cnn", given)
                if isinstance(networks[role], dict):
                    networks[role].setdefault("role", role)
        if section:  # an unknown key: the check of the recipe names it
            networks["labeller"] = {**networks.get("labeller", {}), **section}
    return {key: value for key, value in content.items() if key not in old} | {"networks": networks}


def _over(networks: Mapping[str, Any], name: str, kind: str, section: Mapping[str, Any]) -> dict[str, Any]:
    section = dict(section)
    if not isinstance(networks.get(name, {}), dict):  # the check of the recipe names it
        return networks[name]
    table = dict(networks.get(name, {"kind": kind, "weights": "mine"}))
    if "name" in section:
        table["weights"] = section.pop("name")
    return table | section
