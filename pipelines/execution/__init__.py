"""Blocks of rows worked on in this process or on a Ray cluster."""
