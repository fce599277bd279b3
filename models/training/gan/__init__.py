"""Training of progressive GANs."""
