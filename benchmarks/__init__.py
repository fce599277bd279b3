"""Benchmarks of speed, memory and accuracy: `python -m benchmarks.NAME` prints a table.

`python -m benchmarks.NAME --help` says what a benchmark measures and how long it takes; `run_all` runs those of
speed and memory. No test runs a benchmark.
"""
