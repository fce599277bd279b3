"""Trainings of networks that find latents for photographs."""
