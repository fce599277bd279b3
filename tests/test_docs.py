"""The pages of the documentation: their links lead somewhere, and they name every key of a recipe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from pipelines.recipe.load import Recipe

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [
    path
    for name in ("tlgan", "models", "data", "pipelines", "benchmarks")
    for path in (ROOT / name).rglob("*")
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGE_NAME = re.compile(r"\bdocs/[\w/-]+\.md\b")


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page):
    for link in LINK.findall(without_code(page)):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_another():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(without_code(page))
    }
    hand_written = [page for page in PAGES[1:] if "reference" not in page.parts and page.name != "index.md"]
    assert [page.name for page in hand_written if page not in linked] == []


def test_code_names_pages_that_exist():
    for path in SOURCES:
        if path.suffix in {".py", ".toml", ".html", ".js"}:
            for name in PAGE_NAME.findall(path.read_text(encoding="utf-8")):
                assert (ROOT / name).is_file(), f"{path}: {name}"


def test_commands_page_names_every_recipe_key():
    table = (ROOT / "docs/commands.md").read_text(encoding="utf-8").split("## Recipe keys")[1]
    trained = {
        "gan",
        "classifier",
        "networks",
        "groups",
        "arguments",  # no key: set when a recipe is read
    }  # `[networks.NAME]`: the keys of a kind are in `models/kinds/`; `[groups]` has names of its own
    for field in msgspec.structs.fields(Recipe):
        sections = [
            kind for kind in (field.type, *get_args(field.type)) if hasattr(kind, "__struct_fields__")
        ]
        if sections and field.name not in trained:
            row = re.search(rf"^\| `\[{field.name}\]` \|.*$", table, flags=re.MULTILINE)
            assert row, field.name
            for key in sections[0].__struct_fields__:
                assert f"`{key}`" in row[0], f"{field.name}.{key}"
        elif field.name not in trained:
            assert f"`{field.name}`" in table, field.name
