"""Stages, recipes and the command line: where networks, data and axes meet."""
