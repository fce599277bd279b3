"""Evaluate axes and edits by a judge: change, leakage, calibration, distances between sets of images."""
