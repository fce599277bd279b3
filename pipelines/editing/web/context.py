"""What the routes of the editor share: the run, its renderer and its gallery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from pipelines.editing.web.gallery import Gallery
from pipelines.editing.web.photographs import PhotographStore
from pipelines.editing.web.renderer import Renderer
from pipelines.editing.web.translators.offered import OfferedTranslators
from pipelines.runs.finished_run import OpenedRun

KEY = "tlgan.editor"


@dataclass(frozen=True, eq=False)
class EditorContext:
    """The run that an application edits, and what serves it.

    Attributes
    ----------
    run : OpenedRun
    renderer : Renderer
    gallery : Gallery
    description : dict, of the run, as JSON; see `pipelines.editing.web.response.describe_run`
    photographs : PhotographStore or None, where none can be opened
    translators : OfferedTranslators or None, where none are offered
    """

    run: OpenedRun
    renderer: Renderer
    gallery: Gallery
    description: dict[str, Any]
    photographs: PhotographStore | None = None
    translators: OfferedTranslators | None = None


def set_context(app: Flask, context: EditorContext) -> None:
    """Store the context of an application."""
    app.extensions[KEY] = context


def get_context() -> EditorContext:
    """The context of the application that serves the present request."""
    context = current_app.extensions[KEY]
    assert isinstance(context, EditorContext)
    return context
