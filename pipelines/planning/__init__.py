"""The steps of a recipe in order, running them, and how many samples are enough."""
