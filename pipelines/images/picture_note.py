"""Notes in generated pictures: which generator drew them, of which face, with which edit.

A PNG file carries its note as the text `tlgan`, a GIF file as its comment; both are JSON that any program can
read. Programs that shrink or convert pictures drop it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from PIL import Image, UnidentifiedImageError

from data.images.decode import quiet_pillow
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import reading
from tlgan.version import __version__

KEY, FORMAT = "tlgan", "tlgan.picture"
FORMATS = ("PNG", "GIF")
MAX_CHARACTERS = 2**18
MOST_PIXELS = 2**26
Text = Annotated[str, msgspec.Meta(max_length=200)]


class PictureNote(msgspec.Struct, frozen=True, kw_only=True):
    """How a generated picture came about.

    Attributes
    ----------
    command : what drew it: "edit", "strip", "grid", "morph", "walk", "explore", "translate"
    generator, generator_sha256 : name of the generator and SHA-256 of its weights
    seeds : of the faces; empty where the face is given by `latent`
    latent : the face before the edit, float32 numbers in base64; empty where a seed says it
    edit : the fields of `tlgan.editing.edit_texts.EditTexts`; empty where nothing is edited
    options : what else decided the picture, such as `axis` and `steps` of a strip
    format, tlgan_version : of the note, and of the program that wrote it
    """

    command: Text
    generator: Text
    generator_sha256: Text
    seeds: tuple[Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)], ...] = ()
    latent: str = ""
    edit: dict[str, Any] = {}
    options: dict[str, Any] = {}
    format: str = FORMAT
    tlgan_version: Text = __version__

    def as_text(self) -> str:
        """The note as JSON."""
        return msgspec.json.encode(self).decode()


def read_note(path: Path) -> PictureNote:
    """Read the note of a PNG or GIF file.

    Raises
    ------
    UserError
        Where it is no such file, or has no note, as after a conversion.
    """
    remedy = "give a PNG or GIF file that tlgan wrote."
    damage = (UnidentifiedImageError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)
    with (
        quiet_pillow(),
        reading(path, "a picture", *damage, remedy=remedy),
        Image.open(path, formats=FORMATS) as picture,
    ):
        if picture.width * picture.height > MOST_PIXELS:
            raise UserError(f"must have at most {MOST_PIXELS} pixels. Got {picture.width}×{picture.height}.")
        text = picture.info.get(KEY if picture.format == "PNG" else "comment", "")
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        if not text:
            raise UserError(f"carries no note of how it was drawn; {remedy}")
        if len(text) > MAX_CHARACTERS:
            raise UserError(f"its note must have at most {MAX_CHARACTERS} characters. Got {len(text)}.")
        note = msgspec.convert(parse_json(text), PictureNote)
        if note.format != FORMAT:
            raise UserError(f"its note must be of format {FORMAT}. Got {note.format[:40]!r}.")
        return note
