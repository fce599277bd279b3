"""The package's front door: light, complete, honest about what is missing."""

from __future__ import annotations

import pytest

import tlgan


@pytest.mark.parametrize("name", [name for name in tlgan.__all__ if name != "__version__"])
def test_every_public_name_is_there(name):
    assert callable(getattr(tlgan, name))
    assert getattr(tlgan, name) is getattr(tlgan, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tlgan.nothing


def test_dir_lists_what_there_is():
    assert {"Axes", "read_axes", "fit_glms", "EditSession", "__version__"} <= set(dir(tlgan))
