"""Training of the networks that change pictures."""
