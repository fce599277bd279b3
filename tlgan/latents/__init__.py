"""Random latents, and moving along the sphere or the plane they lie on."""
