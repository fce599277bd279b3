"""GAN inversion: latents of photographs, by an encoder, by gradient steps, by evolution, and by tuning the generator."""
