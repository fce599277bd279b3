"""The commands of `python -m pipelines`, by subject; `pipelines.commands.main` lists them."""
