"""Every benchmark can be imported and prints its help; none is run."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
NEEDS_PYTORCH = "torch_generator"  # runs in an environment of its own
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"__init__", NEEDS_PYTORCH})
COMMANDS = [name for name in MODULES if "\ndef main(" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")]

PRINT_EVERY_HELP = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    try:
        import_module(f"benchmarks.{name}").main(["--help"])
    except SystemExit as end:
        assert end.code == 0, name
print([name for name in ("keras", "tensorflow", "jax", "torch", "ray") if name in sys.modules])
"""


@pytest.mark.network
@pytest.mark.parametrize("name", [name for name in MODULES if name not in COMMANDS])
def test_helper_module_can_be_imported(name):
    import_module(f"benchmarks.{name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_command_prints_its_docstring_as_help(name, capsys):
    module = import_module(f"benchmarks.{name}")
    with pytest.raises(SystemExit) as end:
        module.main(["--help"])
    assert end.value.code == 0
    page = capsys.readouterr().out
    assert module.__doc__.strip() in page
    assert f"    python -m benchmarks.{name}" in module.__doc__.replace("KERAS_BACKEND=torch ", "")


def test_help_imports_no_network_library():
    command = [sys.executable, "-c", PRINT_EVERY_HELP, *COMMANDS]
    result = subprocess.run(command, cwd=FOLDER.parent, check=True, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]"
