"""`python -m tlgan`."""

from tlgan.cli.main import main

main()
