"""Draw latents, and move them along the sphere or in flat space."""
