"""The tables of an evaluation and the verdicts on axes."""
