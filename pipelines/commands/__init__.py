"""The commands of `python -m pipelines`, by subject; `pipelines.command_line` lists them."""
