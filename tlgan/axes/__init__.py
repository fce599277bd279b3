"""The axes of a latent space: unit directions with their statistics, made orthogonal, compared and merged."""
