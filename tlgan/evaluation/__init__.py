"""What a judge says of axes and edits: change, leakage, calibration, distances between sets of images."""
