"""Other projects' networks: what a file is, and how it is read without running it."""
