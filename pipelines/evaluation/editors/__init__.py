"""Ways to edit faces behind one protocol, so that they can be compared: latents of a generator, and translators."""
