"""The context of an application is that of its requests."""

from __future__ import annotations

import pytest
from flask import Flask

from pipelines.editing.web.context import EditorContext, get_context, set_context


def test_context_is_that_of_the_application_at_work():
    applications = [Flask("a"), Flask("b")]
    contexts = [EditorContext(None, None, None, {"name": name}) for name in "ab"]
    for application, context in zip(applications, contexts, strict=True):
        set_context(application, context)
    for application, context in zip(applications, contexts, strict=True):
        with application.app_context():
            assert get_context() is context


def test_application_without_a_context_is_an_error():
    with Flask("a").app_context(), pytest.raises(KeyError):
        get_context()
