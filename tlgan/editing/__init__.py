"""Edit latents: how far they move, along which path, and which attributes stay."""
