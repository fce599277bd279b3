"""Weight files: their format, and where to find them by name."""
