"""Weight files: their format, and where they lie by name."""
