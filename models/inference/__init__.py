"""Networks at use: compiled calls, batch sizes, devices, and the part of a picture that a network sees."""
