"""The editor in a notebook: sliders of one face, with locks and the labeller's scores (ipywidgets)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import numpy as np

from pipelines.editing.score_table import format_score
from pipelines.images.picture_files import enlarge_images, png_bytes
from pipelines.runs.finished_run import OpenedRun, seeded_latents
from tlgan.editing.edit_session import EditSession
from tlgan.editing.linear_predictors import units
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.editing.parse_changes import parse_changes
from tlgan.editing.predictions import predictions, slider_ranges
from tlgan.errors import UserError

PIXELS = 384
DEVIATIONS = 3.0  # of a slider, either way


class FaceEditor(widgets.HBox):
    """A face, a row of controls for each attribute, undo, redo and reset; for use from code as well.

    Parameters
    ----------
    run : OpenedRun
    seed : int, of the face
    attributes : sequence of str, the rows; all axes where empty
    method : str, optional
    strictness : float
        See `tlgan.edit_latents`.

    Attributes
    ----------
    session : EditSession
        After a change from code, `refresh()` shows it.
    image : uint8 array, shape (R, R, 3), the present picture
    scores : dict, attribute to the labeller's score: logits of binary attributes, else values

    Examples
    --------
    >>> editor = FaceEditor(open_run(load_recipe("celeba64")), seed=7, attributes=["Smiling", "Male"])
    >>> editor.edit("Smiling=0.9")
    >>> editor  # the last line of a cell shows it
    """

    def __init__(
        self,
        run: OpenedRun,
        seed: int = 1,
        attributes: Sequence[str] = (),
        *,
        method: str | None = None,
        strictness: float = 1.0,
    ) -> None:
        self.run = run
        latent = seeded_latents(run, [seed])[0]
        self.session = EditSession(run.axes, latent, method=method, strictness=strictness)
        self._ranges = slider_ranges(run.axes, DEVIATIONS, self.session.method).tolist()
        self._names = [run.axes.names[run.axes.index(name)] for name in attributes or run.axes.names]
        self._listening = True
        self._picture = widgets.Image(format="png", layout=widgets.Layout(width=f"{PIXELS}px"))
        self._message = widgets.Label()
        self._rows = {name: self._row(name) for name in self._names}
        buttons = [
            self._button("undo", lambda: self.session.undo()),
            self._button("redo", lambda: self.session.redo()),
            self._button("reset", lambda: self.session.reset()),
        ]
        face = widgets.VBox([self._picture, widgets.HBox(buttons), self._message])
        super().__init__([face, widgets.VBox([widgets.HBox(row) for row in self._rows.values()])])
        self.refresh()

    def refresh(self) -> None:
        """Draw the present latent and show it: picture, sliders, locks, scores."""
        latent = self.session.latent[None].astype(np.float32)
        images = self.run.draw(latent)
        scores = self.run.read(latent, images)[0]
        self.image = images[0]
        self.scores = dict(zip(self.run.axes.names, scores.tolist(), strict=True))
        self._picture.value = png_bytes(enlarge_images(images, PIXELS / len(images[0]))[0])
        values, locks = self.session.values, self.session.locks
        with self._silence():
            for name, (slider, lock, score) in self._rows.items():
                slider.min, slider.max = min(slider.min, values[name]), max(slider.max, values[name])
                slider.value, slider.disabled = values[name], name in locks
                lock.value = name in locks
                unit = units(self.run.axes)[self.run.axes.index(name)]
                score.value = format_score(self.scores[name], unit)

    def edit(self, *changes: str) -> None:
        """Change attributes as `--set` does, "Smiling=0.9" or "Age=+5"; refusals are shown in words."""
        self._do(lambda: self._change(changes))

    def set(self, name: str, value: float) -> None:
        """Bring a prediction to a value in label units, as its slider does; refusals are shown in words."""
        self._do(lambda: self.session.set({name: value}))

    def _change(self, texts: Sequence[str]) -> None:
        axes = self.run.axes
        before = predictions(axes, self.session.latent[None], self.session.method)
        changes = parse_changes(axes, before, texts)
        self.session.change({name: float(np.ravel(change)[0]) for name, change in changes.items()})

    def _do(self, change: Callable[[], None]) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EditStoppedWarning)  # shown below the face
                change()
            self._message.value = " ".join(self.session.sentences)
        except UserError as error:
            self._message.value = str(error)
        self.refresh()

    def _row(self, name: str) -> tuple[widgets.FloatSlider, widgets.ToggleButton, widgets.Label]:
        least, largest = self._ranges[self.run.axes.index(name)]
        slider = widgets.FloatSlider(
            description=name,
            min=least,
            max=largest,
            step=(largest - least) / 200,
            continuous_update=False,
            style={"description_width": "10em"},
        )
        lock = widgets.ToggleButton(icon="lock", tooltip=f"lock {name}", layout=widgets.Layout(width="3em"))
        self._observe(slider, lambda value: self.set(name, value))
        self._observe(lock, lambda wanted: self._lock(name, wanted))
        return slider, lock, widgets.Label()

    def _observe(self, widget: widgets.Widget, action: Callable[[Any], None]) -> None:
        def changed(change: dict[str, Any]) -> None:
            if self._listening:
                action(change["new"])

        widget.observe(changed, "value")

    def _lock(self, name: str, wanted: bool) -> None:
        self._do(lambda: self.session.lock(name) if wanted else self.session.unlock(name))

    def _button(self, text: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=text, layout=widgets.Layout(width="6em"))
        button.on_click(lambda _: self._do(action))
        return button

    @contextmanager
    def _silence(self) -> Iterator[None]:
        """While the widgets are set from here, they make no edits."""
        before, self._listening = self._listening, False
        try:
            yield
        finally:
            self._listening = before
