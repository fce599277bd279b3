"""Images and their labels: archives, decoding, splits by identity."""
