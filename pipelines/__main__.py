"""`python -m pipelines`."""

import sys

from pipelines.commands.main import main
from tlgan.cli.error_handler import run_command

sys.exit(run_command(main, "python -m pipelines"))
