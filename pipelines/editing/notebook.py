"""The editor in a notebook: one face on sliders, with locks and the labeller's readings (ipywidgets)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager

import ipywidgets as widgets
import numpy as np

from pipelines.editing.score_table import reading_text
from pipelines.images.picture_files import enlarged, png_bytes
from pipelines.runs.finished_run import OpenedRun, seeded_latents
from tlgan.editing.edit_session import EditSession
from tlgan.editing.linear_predictors import deviations, units
from tlgan.errors import UserError

PIXELS = 384
DEVIATIONS = 3.0  # either way of where random latents lie on average


class FaceEditor(widgets.HBox):
    """A face, a row for each attribute, undo, redo and reset; the session can be used from code as well.

    Parameters
    ----------
    run : OpenedRun
    seed : int, of the face
    attributes : sequence of str, the rows; all axes where empty

    Attributes
    ----------
    session : EditSession
        After a change from code, `refresh()` shows it.
    image : uint8 array, shape (R, R, 3), the present picture
    readings : dict, attribute to the labeller's reading: logits of binary attributes, else values
    """

    def __init__(self, run: OpenedRun, seed: int = 1, attributes: Sequence[str] = ()) -> None:
        self.run = run
        self.session = EditSession(run.axes, seeded_latents(run, [seed])[0])
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
        """Draw the present latent and show it: picture, sliders, locks, readings."""
        latent = self.session.latent[None].astype(np.float32)
        images = self.run.draw(latent)
        readings = self.run.read(latent, images)[0]
        self.image = images[0]
        self.readings = dict(zip(self.run.axes.names, readings.tolist(), strict=True))
        self._picture.value = png_bytes(enlarged(images, PIXELS / len(images[0]))[0])
        values, locks = self.session.values, self.session.locks
        with self._silence():
            for name, (slider, lock, reading) in self._rows.items():
                slider.min, slider.max = min(slider.min, values[name]), max(slider.max, values[name])
                slider.value, slider.disabled = values[name], name in locks
                lock.value = name in locks
                unit = units(self.run.axes)[self.run.axes.index(name)]
                reading.value = reading_text(self.readings[name], unit)

    def set(self, name: str, value: float) -> None:
        """Bring a predictor to a value in label units, as its slider does; a refusal is shown in words."""
        self._do(lambda: self.session.set({name: value}))

    def _do(self, change: Callable[[], None]) -> None:
        self._message.value = ""
        try:
            change()
        except UserError as error:
            self._message.value = str(error)
        self.refresh()

    def _row(self, name: str) -> tuple[widgets.FloatSlider, widgets.ToggleButton, widgets.Label]:
        axes = self.run.axes
        centre = float(np.nan_to_num(axes.intercepts[axes.index(name)]))
        reach = DEVIATIONS * float(deviations(axes)[axes.index(name)])
        slider = widgets.FloatSlider(
            description=name,
            min=centre - reach,
            max=centre + reach,
            step=reach / 100,
            continuous_update=False,
            style={"description_width": "10em"},
        )
        lock = widgets.ToggleButton(icon="lock", tooltip=f"lock {name}", layout=widgets.Layout(width="3em"))
        slider.observe(lambda change: self._listening and self.set(name, change["new"]), "value")
        lock.observe(lambda change: self._listening and self._lock(name, change["new"]), "value")
        return slider, lock, widgets.Label()

    def _lock(self, name: str, wanted: bool) -> None:
        self._do(lambda: self.session.lock(name) if wanted else self.session.unlock(name))

    def _button(self, text: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=text, layout=widgets.Layout(width="6em"))
        button.on_click(lambda _: self._do(action))
        return button

    @contextmanager
    def _silence(self):
        """While the widgets are set from here, they are not to ask for edits."""
        before, self._listening = self._listening, False
        try:
            yield
        finally:
            self._listening = before
