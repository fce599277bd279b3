"""Trainings: steps, augmentation and checkpoints that continue exactly."""
