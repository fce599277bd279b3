"""What a kind of network declares: options, their fingerprint, and its trainer."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest

from models.kinds import NETWORK_KINDS, kind_of
from models.kinds.network_kind import Name, NetworkKind, NetworkOptions, Positive, Seed, Share


class ToyOptions(NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="toy"):
    later: ClassVar[frozenset[str]] = frozenset({"smooth"})

    size: int = 4
    smooth: bool = False


def test_parameters_are_the_options_with_the_networks_name():
    assert ToyOptions().parameters("faces") == {"size": 4, "name": "faces"}
    assert ToyOptions(weights="other", size=5).parameters("faces") == {"size": 5, "name": "other"}


def test_parameters_count_later_options_only_where_they_are_set():
    assert ToyOptions(smooth=True).parameters("faces") == {"size": 4, "smooth": True, "name": "faces"}


def test_roles_must_be_declared():
    with pytest.raises(NotImplementedError):
        _ = ToyOptions().roles


def test_trainer_is_imported_when_it_is_asked_for():
    kind = NetworkKind("toy", "Toy", "toy", ToyOptions, "collections", "OrderedDict")
    assert kind.trainer().__name__ == "OrderedDict"
    with pytest.raises(ModuleNotFoundError):
        NetworkKind("toy", "Toy", "toy", ToyOptions, "no_such_module", "Trainer").trainer()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Share, [0, 0.99], [-0.1, 1]),
        (Positive, [1e-9, 1e12], [0, float("inf")]),
        (Seed, [0, 2**32 - 1], [-1, 2**32, 1.5]),
        (Name, ["a", "A1.b_c-d"], ["", "a/b", "../x", ".a", "a b"]),
    ],
    ids=["Share", "Positive", "Seed", "Name"],
)
def test_types_of_options_have_bounds(kind, good, bad):
    for value in good:
        assert msgspec.convert(value, kind) == value
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, kind)


REQUIRED = {"shared-autoencoder": {"domain": "Person"}, "fader": {"attributes": ("Smiling",)}}


def test_every_kind_is_told_by_its_options():
    for kind in NETWORK_KINDS:
        options = kind.options(**REQUIRED.get(kind.name, {}))
        assert kind_of(options) is kind
        assert msgspec.convert({"kind": kind.name, **REQUIRED.get(kind.name, {})}, kind.options) == options
    with pytest.raises(ValueError, match="not enough values"):
        kind_of(ToyOptions())


def test_stages_and_names_of_kinds_differ():
    for field in ("name", "stage", "title"):
        values = [getattr(kind, field) for kind in NETWORK_KINDS]
        assert len(set(values)) == len(values)
