"""The steps of a recipe in order, running them, and how many samples the axes need."""
