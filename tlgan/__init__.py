"""Feature axes of a generator's latent space: fit, orthogonalise, score, edit, store."""

from tlgan.version import __version__

__all__ = ["__version__"]
