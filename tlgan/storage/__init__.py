"""Files: written whole or not at all, and read without running or believing what they say."""
