"""The gallery of a run: saved faces, each a folder with its state, its latent and its picture."""

from __future__ import annotations

import json
import re
import shutil
import stat
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pipelines.images.picture_files import png_bytes
from pipelines.images.picture_note import PictureNote
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing_folder
from tlgan.storage.npy import npy_bytes

KEY = re.compile(r"[0-9a-f]{32}")
MOST_FACES = 1000
MAX_TITLE = 80
MAX_FACE_BYTES = 2**20
FILES = {"picture.png": "image/png", "latent.npy": "application/octet-stream"}


class _SavedFace(msgspec.Struct):
    """What a face's file must say."""

    state: dict[str, Any]
    title: str = ""
    values: dict[str, Any] = {}


def _is_plain_file(path: Path) -> bool:
    """Whether there is a file, and no link to one: a folder that came from elsewhere may point anywhere."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not path.parent.is_symlink()
    except (OSError, ValueError):
        return False


class Gallery:
    """Faces saved in `<run>/gallery/<key>/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keys(self) -> list[str]:
        """Keys of all faces, the newest first; a folder that is not whole is left out."""
        if not self.folder.is_dir():
            return []
        whole = [
            (path.lstat().st_mtime_ns, path.name)
            for path in self.folder.iterdir()
            if KEY.fullmatch(path.name) and not path.is_symlink() and _is_plain_file(path / "face.json")
        ]
        return [name for _, name in sorted(whole, reverse=True)]

    def save(
        self,
        title: str,
        state: dict[str, Any],
        values: dict[str, Any],
        latent: np.ndarray,
        image: np.ndarray,
        note: PictureNote | None = None,
    ) -> str:
        """Save a face, whole or not at all.

        Parameters
        ----------
        title : str
        state : dict, the edit as the page sent it, see `pipelines.editing.web.request`
        values : dict, predictors and scores by name
        latent : float array, shape (latent_dim,)
        image : uint8 array, shape (R, R, 3)
        note : PictureNote, optional, for the picture's file

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
            (partial / "picture.png").write_bytes(png_bytes(image, note=note))
            (partial / "latent.npy").write_bytes(npy_bytes(latent))
            (partial / "face.json").write_text(json.dumps(face, indent=1, allow_nan=False), encoding="utf-8")
        return key

    def face(self, key: str) -> dict[str, Any]:
        """What was saved: title, saved_utc, state and values."""
        path = self._face_folder(key) / "face.json"
        if not _is_plain_file(path):
            raise UserError("This face is no longer in the gallery; its file is gone.")
        try:
            with path.open("rb") as file:
                face = parse_json(file.read(MAX_FACE_BYTES + 1), finite=True)
            saved = msgspec.convert(face, _SavedFace)
            json.dumps(face, allow_nan=False)  # 1e999 is infinity
        except OSError as error:
            raise UserError("This face is no longer in the gallery; its file is gone.") from error
        except (ValueError, msgspec.ValidationError) as error:
            raise UserError(f"{path}: is damaged. Delete this face from the gallery.") from error
        return {**face, "title": saved.title}

    def file(self, key: str, name: str) -> Path:
        """Path of a face's picture or latent."""
        path = self._face_folder(key) / name
        if name not in FILES or not _is_plain_file(path):
            raise UserError("This face is no longer in the gallery; its file is gone.")
        return path

    def delete(self, key: str) -> None:
        """Remove a face for good; one that is gone already is no error."""
        shutil.rmtree(self._face_folder(key), ignore_errors=True)

    def _face_folder(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise UserError("There is no such face in the gallery.")
        return self.folder / key
