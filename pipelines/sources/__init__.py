"""Generators, labellers and data sets by the names that a recipe gives them."""
