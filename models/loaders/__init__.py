"""Generators, discriminators, labellers and embedders from any file: load, describe, convert."""
