"""The argument parser that all benchmarks share."""

from __future__ import annotations

import argparse


def command_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Parser of `python -m benchmarks.NAME`, with the module's docstring as its help.

    Parameters
    ----------
    name : str
        The module without its package: "fit_speed".
    description : str
        The module's docstring, printed as it stands.
    """
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawTextHelpFormatter,
    )
