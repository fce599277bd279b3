"""Ways to edit faces side by side: axes discovered in a generator, and networks built to edit."""
