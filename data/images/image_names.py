"""Tell pictures from other files by their names."""

from __future__ import annotations

from pathlib import PurePosixPath

# Also those that Pillow may not read: such a picture is then counted as one that cannot be decoded.
# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".jp2", ".j2k", ".jxl", ".png", ".apng", ".webp",
    ".avif", ".heic", ".heif", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".tga", ".ppm", ".pgm", ".pbm", ".pnm",
})
# Files that lie beside pictures and that nobody takes for one.
_BESIDE = frozenset({
    ".csv", ".tsv", ".txt", ".md", ".rst", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".html",
    ".pdf", ".py", ".ini", ".db", ".log", ".xls", ".xlsx", ".ods", ".mat", ".npy", ".npz", ".parquet",
    ".pkl", ".h5", ".pts", ".zip", ".tar", ".gz", ".tgz", ".sha256", ".md5",
})
# fmt: on
TABLE_ENDINGS = (".csv", ".tsv", ".txt")  # of tables of labels


def is_image_name(name: str) -> bool:
    """Tell whether a name is an image's; hidden files and those that macOS adds to zips are not."""
    return not _is_hidden(name) and has_image_ending(name)


def has_image_ending(name: str) -> bool:
    """Tell whether a name ends as an image's does."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def may_be_an_image(name: str) -> bool:
    """Whether it is worth saying that a file without an image's ending was not opened."""
    return not _is_hidden(name) and PurePosixPath(name).suffix.lower() not in _BESIDE | IMAGE_SUFFIXES


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)
