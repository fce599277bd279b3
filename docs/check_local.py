"""A check after MkDocs has built: no page loads a script, style, font or picture from another host."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

# A link that a reader may follow (<a href>) is no load.
LOADS = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|object|embed)\b[^>]*?=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)"""
)


def on_post_build(config) -> None:
    """MkDocs' hook: read every page and style that was written."""
    site = Path(config.site_dir)
    found = [
        f"{path.relative_to(site)}: {match[1] or match[2]}"
        for path in sorted(site.rglob("*"))
        if path.suffix in (".html", ".css", ".svg")
        for match in LOADS.finditer(path.read_text(encoding="utf-8"))
    ]
    if found:
        raise PluginError("Pages must load from their own folder alone; got " + ", ".join(found[:5]))
