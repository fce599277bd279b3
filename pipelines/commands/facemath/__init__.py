"""Commands that calculate with faces: sums of latents, and the figures of the article FaceMath."""
