"""Blocks of rows and shards of fits, computed in this process or on a Ray cluster."""
