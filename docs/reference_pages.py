"""Reference pages made from docstrings while MkDocs builds: the public names, then every module by folder.

No package is imported: the names are read from the source, and mkdocstrings reads the docstrings there.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("tlgan", "models", "data", "pipelines")
PUBLIC = {
    "tlgan": "The light core",
    "models": "Networks",
}  # packages with a table of public names, and titles


def on_files(files: Files, config) -> Files:
    """MkDocs' hook: add the pages."""
    for path, text in make_pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def make_pages() -> dict[str, str]:
    """Path of each page, below `docs/`, to its Markdown. A public name stands on its package's page alone."""
    pages = {"reference/index.md": _index()}
    for package, title in PUBLIC.items():
        body = "".join(_block(f"{module}.{name}") for name, module in public_names(package).items())
        pages[f"reference/{package}.md"] = (
            f"# {title}: `{package}`\n\n{_summary(package_file(package))}\n\n{body}"
        )
    for folder in _folders():
        pages[_page(folder)] = _folder_page(folder)
    return pages


def package_file(package: str) -> Path:
    return ROOT / package / "__init__.py"


def public_names(package: str) -> dict[str, str]:
    """Public name to the module that has it, from the table in the package's `__init__.py`."""
    for node in ast.walk(ast.parse(package_file(package).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict) and node.keys:
            try:
                table = ast.literal_eval(node)
            except ValueError:
                continue
            if all(isinstance(module, str) and module.startswith(f"{package}.") for module in table.values()):
                return table
    raise ValueError(
        f"{package_file(package)}: must have a table of public names and their modules; got none"
    )


def _folders() -> Iterator[Path]:
    for package in PACKAGES:
        for folder in [
            ROOT / package,
            *sorted(path for path in (ROOT / package).rglob("*") if path.is_dir()),
        ]:
            if any(folder.glob("*.py")):
                yield folder


def _page(folder: Path) -> str:
    return f"reference/modules/{_dotted(folder)}.md"


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _modules(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if path.stem not in ("__init__", "__main__")]


def _summary(path: Path) -> str:
    """First line of a module's docstring."""
    if not path.is_file():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return (docstring or "").partition("\n")[0]


def _block(name: str, without: Sequence[str] = ()) -> str:
    """Markdown that mkdocstrings replaces by the docstrings of an object, less some members."""
    lines = [f"::: {name}", "    options:", "      heading_level: 2"]
    if without:
        filters = ["!^_", *(f"!^{member}$" for member in without)]
        lines.append(f"      filters: {json.dumps(filters)}")
    return "\n".join(lines) + "\n\n"


def _folder_page(folder: Path) -> str:
    package = _dotted(folder).partition(".")[0]
    public = public_names(package) if package in PUBLIC else {}
    lines = [f"# `{_dotted(folder)}`", "", _summary(folder / "__init__.py"), ""]
    for path in _modules(folder):
        module = _dotted(path)
        elsewhere = [name for name, home in public.items() if home == module]
        lines.append(_block(module, elsewhere))
        if elsewhere:
            names = ", ".join(f"[`{name}`](../{package}.md#{module}.{name})" for name in elsewhere)
            lines.append(f"Public, on a page of its own: {names}.\n")
    return "\n".join(lines)


def _index() -> str:
    lines = [
        "# Reference",
        "",
        "What other programs may build on: the names of [`tlgan`](tlgan.md), which needs no network library, and of",
        "[`models`](models.md). Everything else, by folder, for those who change it:",
        "",
        "| folder | what it is for | modules |",
        "|---|---|---|",
    ]
    for folder in _folders():
        modules = ", ".join(f"`{module.stem}`" for module in _modules(folder))
        summary = _summary(folder / "__init__.py").replace("|", "\\|")
        lines.append(f"| [`{_dotted(folder)}`](modules/{_dotted(folder)}.md) | {summary} | {modules} |")
    return "\n".join(lines) + "\n"
