"""Recipes: TOML files in `pipelines/recipes/`, read and checked."""
