"""The version, read by setup.cfg and stored in every artefact."""

__version__ = "0.9.0"
