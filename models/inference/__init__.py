"""Networks at use: compiled calls, batch sizes, devices, and the part of an image that a network reads."""
