"""GAN inversion: latents of photographs by encoder, gradients or evolution; a generator tuned for one of them."""
