"""`python -m pipelines`."""

import sys

from pipelines.command_line import main
from tlgan.error_boundary import run_command

sys.exit(run_command(main, "python -m pipelines"))
