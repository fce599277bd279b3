"""The package imports its public names on first use, and has no others."""

from __future__ import annotations

import pytest

import tlgan


@pytest.mark.parametrize("name", [name for name in tlgan.__all__ if name != "__version__"])
def test_public_name_is_importable(name):
    assert callable(getattr(tlgan, name))
    assert getattr(tlgan, name) is getattr(tlgan, name)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tlgan.nothing


def test_dir_lists_public_names():
    assert {"Axes", "read_axes", "fit_glms", "EditSession", "__version__"} <= set(dir(tlgan))
