"""The gallery of a run: saved faces, each a folder with its state, its latent and its picture."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.images.picture_files import png_bytes
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing_folder
from tlgan.storage.npy import npy_bytes

KEY = re.compile(r"[0-9a-f]{32}")
MOST_FACES = 1000
MAX_TITLE = 80
FILES = {"picture.png": "image/png", "latent.npy": "application/octet-stream"}


class Gallery:
    """Faces saved in `<run>/gallery/<key>/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keys(self) -> list[str]:
        """Keys of all faces, the newest first; a folder that is not whole is left out."""
        if not self.folder.is_dir():
            return []
        whole = [
            path
            for path in self.folder.iterdir()
            if KEY.fullmatch(path.name) and (path / "face.json").is_file()
        ]
        return [path.name for path in sorted(whole, key=lambda path: -path.stat().st_mtime_ns)]

    def save(
        self, title: str, state: dict[str, Any], values: dict[str, Any], latent: np.ndarray, image: np.ndarray
    ) -> str:
        """Save a face, whole or not at all.

        Parameters
        ----------
        title : str
        state : dict, the edit as the page sent it, see `pipelines.editing.web.request`
        values : dict, predictors and scores by name
        latent : float array, shape (latent_dim,)
        image : uint8 array, shape (R, R, 3)

        Returns
        -------
        str, the key of the face

        Raises
        ------
        UserError
            For a bad title, a full gallery, or a folder that cannot be written.
        """
        if not isinstance(title, str) or len(title) > MAX_TITLE or not (title.isprintable() or not title):
            raise UserError(f"A title must be a printable text of at most {MAX_TITLE} characters.")
        if len(self.keys()) >= MOST_FACES:
            raise UserError(f"{self.folder}: holds {MOST_FACES} faces already. Delete some.")
        key = uuid.uuid4().hex
        face = {
            "title": title,
            "saved_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "state": state,
            "values": values,
        }
        with replacing_folder(self.folder / key, "correct that, save again.") as partial:
            (partial / "picture.png").write_bytes(png_bytes(image))
            (partial / "latent.npy").write_bytes(npy_bytes(latent))
            (partial / "face.json").write_text(json.dumps(face, indent=1, allow_nan=False), encoding="utf-8")
        return key

    def face(self, key: str) -> dict[str, Any]:
        """What was saved: title, saved_utc, state and values."""
        path = self._face_folder(key) / "face.json"
        try:
            face = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError("This face is no longer in the gallery; its file is gone.") from error
        except ValueError as error:
            raise UserError(f"{path}: is damaged. Delete this face from the gallery.") from error
        if not isinstance(face, dict) or not isinstance(face.get("state"), dict):
            raise UserError(f"{path}: is damaged. Delete this face from the gallery.")
        return face

    def file(self, key: str, name: str) -> Path:
        """Path of a face's picture or latent."""
        path = self._face_folder(key) / name
        if name not in FILES or not path.is_file():
            raise UserError("This face is no longer in the gallery; its file is gone.")
        return path

    def delete(self, key: str) -> None:
        """Remove a face for good; one that is gone already is no error."""
        shutil.rmtree(self._face_folder(key), ignore_errors=True)

    def _face_folder(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise UserError("There is no such face in the gallery.")
        return self.folder / key
