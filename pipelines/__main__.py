"""`python -m pipelines`."""

from pipelines.command_line import main

main()
